import { Button, Card, Center, Select, Stack, Table, Text } from "@mantine/core";
import { MessagesSquare } from "lucide-react";
import { Link, useSearchParams } from "react-router";

import { isFiltered, NO_FILTERS, readFilters, wordsOf, writeFilters } from "@/pages/records/filters";
import { leadName } from "@/pages/records/leads/leadForm";
import { type Conversation, useConversations, useLead, useNewestLeads } from "@/pages/records/queries";
import classes from "@/parts/table.module.css";
import { EmptyState } from "@/parts/EmptyState";
import { Loading } from "@/parts/Loading";
import { NoMatch } from "@/parts/NoMatch";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { TimeAgo } from "@/parts/TimeAgo";
import { useAccount } from "@/session/accounts";
import { partsTexts } from "@/texts/parts";
import { recordsTexts } from "@/texts/records";

const texts = recordsTexts.conversations;
const ANY = "";

export function ConversationsPage() {
  const account = useAccount();
  return account === null ? null : <ConversationsOf account={account.account_id} />;
}

function ConversationsOf({ account }: { account: string }) {
  const [parameters, setParameters] = useSearchParams();
  const { status } = readFilters(parameters);
  const filters = { ...NO_FILTERS, status };
  const { conversations, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useConversations(account, filters);
  const names = new Map(useNewestLeads(account).map((lead) => [lead.id, leadName(lead)]));
  const statuses = wordsOf(
    conversations.map((one) => one.status),
    status,
  );
  const isEmpty = data !== undefined && conversations.length === 0;
  return (
    <>
      <PageHeader title={texts.title} text={texts.text} />
      <Stack gap="md">
        {(conversations.length > 0 || isFiltered(filters)) && (
          <Select
            w={190}
            aria-label={texts.status}
            data={[{ value: ANY, label: texts.anyStatus }, ...statuses]}
            value={status ?? ANY}
            onChange={(chosen) => setParameters(writeFilters({ ...NO_FILTERS, status: chosen === ANY ? null : chosen }), { replace: true })}
            allowDeselect={false}
          />
        )}
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Loading />
        )}
        {isEmpty && isFiltered(filters) && (
          <NoMatch texts={texts.noMatch} onClear={() => setParameters(writeFilters(NO_FILTERS), { replace: true })} />
        )}
        {isEmpty && !isFiltered(filters) && (
          <Card withBorder radius="lg" className="surface">
            <EmptyState
              icon={MessagesSquare}
              title={texts.empty.title}
              text={texts.empty.text}
              actions={
                <Button component={Link} to="/leads" variant="default">
                  {texts.toLeads}
                </Button>
              }
            />
          </Card>
        )}
        {conversations.length > 0 && (
          <Card withBorder padding={0} radius="lg" className="surface">
            <Table.ScrollContainer minWidth={560} type="native">
              <Table verticalSpacing={11} horizontalSpacing="lg" className={classes.table}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{texts.columns.with}</Table.Th>
                    <Table.Th w={160}>{texts.columns.channel}</Table.Th>
                    <Table.Th w={140}>{texts.columns.status}</Table.Th>
                    <Table.Th w={150}>{texts.columns.created}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {conversations.map((one) => (
                    <ConversationRow key={one.id} conversation={one} name={names.get(one.lead_id ?? "") ?? null} isKnown={names.size > 0} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </Card>
        )}
        {hasNextPage && (
          <Center>
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {partsTexts.loadMore}
            </Button>
          </Center>
        )}
      </Stack>
    </>
  );
}

function ConversationRow({ conversation, name, isKnown }: { conversation: Conversation; name: string | null; isKnown: boolean }) {
  const { id, lead_id: lead, channel, status, created_at: created } = conversation;
  // Of a lead that is not among the newest.
  const { data } = useLead(name === null && isKnown ? (lead ?? null) : null);
  return (
    <Table.Tr className={classes.row}>
      <Table.Td>
        <Link to={`/conversations/${id}`} className={classes.name}>
          {name ?? (data === undefined ? texts.nobody : leadName(data))}
        </Link>
      </Table.Td>
      <Table.Td>
        <Text size="sm">{channel ?? recordsTexts.none}</Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm">{status ?? recordsTexts.none}</Text>
      </Table.Td>
      <Table.Td>
        <TimeAgo time={created ?? null} className={classes.above} />
      </Table.Td>
    </Table.Tr>
  );
}
