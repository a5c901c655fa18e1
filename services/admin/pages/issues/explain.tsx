/** Why: the rule in a sentence, what to do, where it is written, an example, and the answer word for word. */
import { Anchor, Code, Drawer, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import type { readExample } from '../../../../jobs/open-group.ts';
import { look } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { channelName, problemHint, problemTitle } from '../../parts/fields.ts';
import { Failure, Loading } from '../../parts/states.tsx';

type Example = Wire<Awaited<ReturnType<typeof readExample>>>;

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
  const { example, raw = [] } = found.data ?? {};
  const links = new Map([
    ...(group.link ? [[group.link, group.channels.map(channelName).join(', ')] as const] : []),
    ...raw.flatMap(({ channel, issue }) => (issue.link ? [[issue.link, channelName(channel)] as const] : [])),
  ]);
  return (
    <Stack>
      <Part title={t('issues.rule')}>{problemTitle(group)}</Part>
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
          <Anchor
            component={Link}
            to="/c/$catalogId/products/$offerId"
            params={{ catalogId, offerId: example.offerId } as never}
            size="sm"
          >
            {example.title} · {example.offerId}
          </Anchor>
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
