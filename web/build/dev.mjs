// `make dev`: the program given as arguments (`automations up`) and Vite in front of it. Ends with whichever ends first.

import { spawn } from "node:child_process";
import { createServer } from "node:net";

const HOST = "127.0.0.1";
const { DEV_PORT: page = "5173", AUTOMATIONS_HTTP_PORT: api = "8765" } = process.env;
const [program, ...given] = process.argv.slice(2);

// Vite has to know where the API is, so neither may move to another port by itself.
const taken = [];
for (const [port, what, instead] of [
  [page, "the editor", `make dev DEV_PORT=${Number(page) + 1}`],
  [api, "the API", `AUTOMATIONS_HTTP_PORT=${Number(api) + 1} make dev`],
]) {
  if (!(await isFree(Number(port)))) {
    taken.push(`port ${port}, for ${what}, is taken: end what has it (another \`make dev\` or \`make up\`?), or say ${instead}`);
  }
}
if (taken.length > 0) {
  console.error(taken.join("\n"));
  process.exit(1);
}

const environment = { ...process.env, AUTOMATIONS_PUBLIC_URL: `http://${HOST}:${page}`, AUTOMATIONS_HTTP_PORT: api };
const running = [
  spawn(program, given, { cwd: "..", env: environment, stdio: "inherit" }),
  spawn(process.execPath, ["node_modules/vite/bin/vite.js", "--port", page, "--clearScreen", "false"], { env: environment, stdio: "inherit" }),
];
let isEnding = false;
for (const child of running) {
  child.on("exit", (code) => {
    // How the others end after that, or after Ctrl-C, is no news.
    if (!isEnding) process.exitCode = code ?? 1;
    end();
  });
}
// Ctrl-C reaches both by itself; they take their time to end, and this process waits for them.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, end);

function end() {
  isEnding = true;
  for (const child of running) if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
