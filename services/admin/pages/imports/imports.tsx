/** Imports: a file in four steps (file → columns → difference → run), the shop, second sources, the imports so far. */
import { Stack, Stepper, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { look } from '../../api/client.ts';
import { useRun, type RunView } from '../../api/run-events.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { RunStatusBadge } from '../runs/run-status.tsx';
import { RunReport } from '../runs/run-view.tsx';
import { Columns } from './columns.tsx';
import { Difference } from './difference.tsx';
import { DropFile, type Upload } from './drop-file.tsx';
import { SecondSources } from './second-sources.tsx';
import { MainSource } from './source.tsx';

export function Imports(): ReactNode {
  const catalogId = useCatalogId();
  const may = useMay('merchandiser');
  const showRun = useShowRun(catalogId);
  return (
    <Page title={t('imports.menu')}>
      {may && <Steps key={catalogId} catalogId={catalogId} />}
      <MainSource catalogId={catalogId} onStarted={({ id }) => void showRun(id)} />
      <SecondSources catalogId={catalogId} />
      <History catalogId={catalogId} />
    </Page>
  );
}

/** Shows a run where the file would be dropped, or no run. */
function useShowRun(catalogId: string): (id: string | undefined) => Promise<void> {
  const navigate = useNavigate();
  return (id) =>
    navigate({ to: '/c/$catalogId/imports', params: { catalogId }, search: id ? { run: id } : {} });
}

/** The run stands in the address, so that a reload in the middle finds it again. */
function Steps({ catalogId }: { catalogId: string }): ReactNode {
  const showRun = useShowRun(catalogId);
  const { run } = useSearch({ from: '/inside/c/$catalogId/imports' });
  const [upload, setUpload] = useState<Upload>();
  const [mapping, setMapping] = useState<Record<string, string>>();
  const step = run ? 3 : upload ? (mapping || upload.format ? 2 : 1) : 0;
  const begin = (): void => {
    setUpload(undefined);
    setMapping(undefined);
    void showRun(undefined);
  };
  return (
    <Stack className="card" p="md">
      <Stepper active={step} size="sm" iconSize={28} allowNextStepsSelect={false}>
        <Stepper.Step label={t('imports.step-file')} onClick={step > 0 ? begin : undefined} />
        <Stepper.Step
          label={t('imports.step-columns')}
          onClick={step === 2 && upload && !upload.format ? () => setMapping(undefined) : undefined}
        />
        <Stepper.Step label={t('imports.step-check')} />
        <Stepper.Step label={t('imports.step-run')} />
      </Stepper>
      {step === 0 && <DropFile catalogId={catalogId} onUploaded={setUpload} />}
      {step === 1 && upload && <Columns upload={upload} onChosen={setMapping} onBack={begin} />}
      {step === 2 && upload && (
        <Difference
          catalogId={catalogId}
          upload={upload}
          mapping={mapping}
          onBack={begin}
          onStarted={(started) => void showRun(started.id)}
        />
      )}
      {run && <Progress id={run} onAnother={begin} />}
    </Stack>
  );
}

function Progress({ id, onAnother }: { id: string; onAnother: () => void }): ReactNode {
  const run = useRun(id);
  if (run.isPending) return <Loading lines={3} />;
  if (run.error) return <Failure error={run.error} retry={() => void run.refetch()} />;
  return (
    <Stack>
      <Title order={2}>
        {run.data.source?.name} <RunStatusBadge status={run.data.status} />
      </Title>
      <RunReport run={run.data} />
      <Text size="sm">
        <a href="#another" onClick={(event) => (event.preventDefault(), onAnother())}>
          {t('imports.another')}
        </a>
      </Text>
    </Stack>
  );
}

function History({ catalogId }: { catalogId: string }): ReactNode {
  const runs = useQuery({
    ...look<{ items: RunView[] }>(`/catalogs/${catalogId}/runs?limit=50`),
    refetchInterval: 5_000,
  });
  if (runs.isPending) return <Loading />;
  if (runs.error) return <Failure error={runs.error} retry={() => void runs.refetch()} />;
  const imports = runs.data.items.filter(({ kind }) => kind === 'import');
  if (imports.length === 0) return null;
  return (
    <>
      <Title order={2}>{t('imports.history')}</Title>
      <Table.ScrollContainer minWidth={520} className="card">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('imports.file')}</Table.Th>
              <Table.Th>{t('runs.status')}</Table.Th>
              <Table.Th>{t('runs.started')}</Table.Th>
              <Table.Th ta="right">{t('imports.new')}</Table.Th>
              <Table.Th ta="right">{t('imports.changed')}</Table.Th>
              <Table.Th ta="right">{t('imports.removed')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {imports.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>
                  <Text
                    component={Link}
                    to={`/c/${catalogId}/runs/${encodeURIComponent(one.id)}`}
                    size="sm"
                    c="var(--mantine-color-anchor)"
                  >
                    {one.source?.name}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {one.source?.title}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <RunStatusBadge status={one.status} />
                </Table.Td>
                <Table.Td>
                  <Ago time={one.startedAt} />
                </Table.Td>
                {(['new', 'changed', 'removed'] as const).map((key) => (
                  <Table.Td key={key} ta="right" c={one.products[key] === 0 ? 'dimmed' : undefined}>
                    {one.products[key]}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
