/** Why: the rule in a sentence, what to do, where it is written, an example, and the answer word for word. */
import { Anchor, Code, Drawer, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import type { GroupExample } from '../../../../jobs/open-group.ts';
import { look } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { language, t, type MessageKey } from '../../messages/text.ts';
import { channelName, problemHint, problemTitle } from '../../parts/fields.ts';
import { Failure, Loading } from '../../parts/states.tsx';

type Example = Wire<GroupExample>;
type Saying = NonNullable<Example['raw']>[number];

export function Explain(props: { opened: boolean; onClose: () => void; group: IssueGroup }): ReactNode {
  const { opened, onClose, group } = props;
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="lg"
      title={problemTitle(group)}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      {opened && <Rule group={group} />}
    </Drawer>
  );
}

function Rule({ group }: { group: IssueGroup }): ReactNode {
  const catalogId = useCatalogId();
  const query = group.field === undefined ? '' : `?field=${encodeURIComponent(group.field)}`;
  const found = useQuery(
    look<Example>(`/catalogs/${catalogId}/problems/${encodeURIComponent(group.code)}${query}`),
  );
  const { example, model, raw = [] } = found.data ?? {};
  const links = new Map([
    ...(group.link ? [[group.link, group.channels.map(channelName).join(', ')] as const] : []),
    ...raw.flatMap(({ channel, issue }) => (issue.link ? [[issue.link, channelName(channel)] as const] : [])),
  ]);
  return (
    <Stack>
      <Part title={t('issues.rule')}>{raw.length === 0 ? problemTitle(group) : <Said raw={raw} />}</Part>
      {group.hint && <Part title={t('issues.do')}>{problemHint(group)}</Part>}
      {links.size > 0 && (
        <Part title={t('issues.source')}>
          {[...links].map(([link, name]) => (
            <Anchor key={link} href={link} target="_blank" rel="noreferrer" display="block" size="sm">
              {name}: {new URL(link).host}
            </Anchor>
          ))}
        </Part>
      )}
      {found.isPending && <Loading lines={2} />}
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {example && (
        <Part title={t('issues.example')}>
          <Text size="sm">
            {t('issues.example-wrong')}: <ItemLink catalogId={catalogId} {...example} />
          </Text>
          {model && (
            <Text size="sm" lineClamp={4}>
              {t('issues.example-right')}: <ItemLink catalogId={catalogId} {...model} /> ·{' '}
              {t('issues.quoted', { value: model.value })}
            </Text>
          )}
        </Part>
      )}
      {raw.length > 0 && (
        <Part title={t('issues.raw')}>
          {raw.map((one) => (
            <Code block key={one.channel} tabIndex={0} mt={4}>
              {JSON.stringify(one, null, 2)}
            </Code>
          ))}
        </Part>
      )}
      <Text size="xs" c="dimmed">
        {t('issues.code')}: <Code>{group.code}</Code>
      </Text>
    </Stack>
  );
}

/** Each sentence once, and what follows from it at each channel. */
function Said({ raw }: { raw: readonly Saying[] }): ReactNode {
  const said = Map.groupBy(raw, ({ issue }) => sentenceOf(issue));
  return [...said].map(([sentence, all]) => (
    <div key={sentence}>
      <Text size="sm">{sentence}</Text>
      {[...Map.groupBy(all, ({ issue }) => effectOf(issue))].map(([effect, some]) => (
        <Text key={effect} size="sm" c="dimmed">
          {some.map(({ channel }) => channelName(channel)).join(', ')}: {t(effect)}
        </Text>
      ))}
    </div>
  ));
}

/** The service's own sentence says more than the title, but in English only. */
const sentenceOf = (issue: Saying['issue']): string =>
  language === 'en' ? issue.message : problemTitle(issue);

const effectOf = ({ severity, from }: Saying['issue']): MessageKey => {
  if (severity === 'warning') return 'issues.effect-warning';
  return from === 'channel' ? 'issues.effect-rejected' : 'issues.effect-blocked';
};

function ItemLink(props: { catalogId: string; offerId: string; title: string }): ReactNode {
  const { catalogId, offerId, title } = props;
  const params = { catalogId, offerId } as never;
  return (
    <Anchor component={Link} to="/c/$catalogId/products/$offerId" params={params} inherit underline="always">
      {title} · {offerId}
    </Anchor>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <Title order={3} size="h5" mb={4}>
        {title}
      </Title>
      {typeof children === 'string' ? <Text size="sm">{children}</Text> : children}
    </div>
  );
}
