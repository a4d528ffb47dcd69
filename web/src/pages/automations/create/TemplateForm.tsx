import { Button, Center, Grid, Group, List, Loader, Stack, Text, TextInput, Title } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";

import { FlowPicture } from "@/parts/FlowPicture";
import { Prose } from "@/parts/Prose";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useCatalogue } from "@/session/catalogue";
import { automationsTexts } from "@/texts/automations";
import { partsTexts } from "@/texts/parts";

import { AgentField, NO_AGENT, useAgentChoice } from "./AgentField";
import type { FormProps } from "./BlankForm";
import classes from "./Gallery.module.css";
import { ParameterField } from "./ParameterField";
import { changed, defaultsOf, drawingOf, isComplete, type Template, useTemplate } from "./templates";

const texts = automationsTexts.createDialog;

export function TemplateForm({ templateKey, ...form }: FormProps & { templateKey: string }) {
  const { data: template, error, refetch } = useTemplate(templateKey);
  if (error !== null) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  if (template !== undefined) return <Filled template={template} {...form} />;
  return (
    <Center py={80}>
      <Loader aria-label={partsTexts.loading} />
    </Center>
  );
}

/** What it asks for on the left, and what that draws on the right, as it is typed. */
function Filled({ template, account, onCreate, isCreating, onBack }: FormProps & { template: Template }) {
  const catalogue = useCatalogue();
  const [name, setName] = useState(template.name);
  const [given, setGiven] = useState(() => defaultsOf(template.parameters));
  const [choice, setChoice] = useState(NO_AGENT);
  const agent = useAgentChoice(account, choice);

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    onCreate({ name: name.trim() || template.name, template: template.key, parameters: changed(template.parameters, given), agent });
  }

  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, sm: 5 }}>
        <Stack component="form" onSubmit={submit} gap="md">
          <Text size="sm">
            <Prose text={template.description} />
          </Text>
          {template.needs.length > 0 && (
            <Stack gap={4}>
              <Title order={3} size="h6">
                {texts.needs}
              </Title>
              <List size="sm" c="dimmed">
                {template.needs.map((need) => (
                  <List.Item key={need}>
                    <Prose text={need} />
                  </List.Item>
                ))}
              </List>
            </Stack>
          )}
          <TextInput label={texts.name} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={200} />
          {template.parameters.map((one) => (
            <ParameterField
              key={one.name}
              account={account}
              parameter={one}
              value={given[one.name] ?? ""}
              onChange={(value) => setGiven({ ...given, [one.name]: value })}
            />
          ))}
          <AgentField account={account} choice={agent} onChange={setChoice} />
          <Group justify="space-between" mt="sm">
            <Button variant="subtle" color="gray" onClick={onBack}>
              {texts.back}
            </Button>
            <Button type="submit" loading={isCreating} disabled={!isComplete(template.parameters, given)}>
              {texts.create}
            </Button>
          </Group>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 7 }}>
        <div className={classes.preview}>
          <FlowPicture drawing={drawingOf(template, given)} catalogue={catalogue} label={texts.preview(template.name)} />
        </div>
      </Grid.Col>
    </Grid>
  );
}
