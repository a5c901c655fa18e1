/** Data sources: https://developers.google.com/merchant/api/reference/rest/datasources_v1/accounts.dataSources */
import type { Request, Response } from 'express';
import { fail } from './answers.ts';
import { readFeed } from './read-feed.ts';
import type { Attributes } from './judge.ts';

export interface DataSource {
  name: string;
  dataSourceId: string;
  displayName: string;
  input: 'API' | 'FILE';
  primaryProductDataSource: { contentLanguage?: string; feedLabel?: string; countries?: string[] };
  fileInput?: { fetchSettings?: { fetchUri?: string; frequency?: string; timeOfDay?: { hours?: number } } };
}

interface Upload {
  processingState: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED';
  itemsTotal: string;
  itemsCreated: string;
  itemsUpdated: string;
  uploadTime: string;
  issues: object[];
}

interface Needs {
  account: string;
  processingMs: number;
  later(ms: number, work: () => void): void;
  /** Takes an item of a file in; answers whether it is new, or undefined when it is refused. */
  takeIn(source: DataSource, offerId: string, attributes: Attributes): 'new' | 'changed' | undefined;
}

export function createSources({ account, processingMs, later, takeIn }: Needs) {
  const sources = new Map<string, DataSource>();
  const uploads = new Map<string, Upload>();
  let lastId = 104_600;

  const find = (req: Request, res: Response): DataSource | undefined => {
    const source = sources.get(String(req.params['source']));
    if (!source) fail(res, 404, 'Data source not found.', 'data_source_not_found');
    return source;
  };

  function create(req: Request, res: Response): void {
    const body = req.body as Partial<DataSource>;
    const primary = body.primaryProductDataSource;
    if (!body.displayName) return fail(res, 400, 'display_name is required', 'invalid_argument', [{ field: 'data_source.display_name', description: 'The field is required.' }]); // prettier-ignore
    if (!primary) return fail(res, 400, 'The data source type is required', 'invalid_argument');
    const isHalf = (primary.contentLanguage === undefined) !== (primary.feedLabel === undefined);
    if (isHalf || (body.fileInput && primary.feedLabel === undefined))
      return fail(res, 400, 'feed_label and content_language must be both set or unset; a file needs both', 'invalid_argument'); // prettier-ignore
    const settings = body.fileInput?.fetchSettings;
    if (settings && !/^(?:https?|sftp):\/\//.test(settings.fetchUri ?? '')) return fail(res, 400, 'fetch_uri is not valid', 'invalid_argument'); // prettier-ignore
    const dataSourceId = String(++lastId);
    const source: DataSource = {
      name: `accounts/${account}/dataSources/${dataSourceId}`,
      dataSourceId,
      displayName: body.displayName,
      input: body.fileInput ? 'FILE' : 'API',
      primaryProductDataSource: primary,
      ...(body.fileInput ? { fileInput: body.fileInput } : {}),
    };
    sources.set(dataSourceId, source);
    res.json(source);
  }

  function patch(req: Request, res: Response): void {
    const source = find(req, res);
    if (!source) return;
    const { fileInput } = req.body as Partial<DataSource>;
    if (req.query['updateMask'] === 'fileInput.fetchSettings' && fileInput) source.fileInput = { ...source.fileInput, ...fileInput }; // prettier-ignore
    res.json(source);
  }

  function fetchNow(req: Request, res: Response): void {
    const source = find(req, res);
    if (!source) return;
    const uri = source.fileInput?.fetchSettings?.fetchUri;
    if (uri === undefined) return fail(res, 400, 'Only data sources with a file can be fetched.', 'invalid_argument'); // prettier-ignore
    const upload: Upload = {
      processingState: 'IN_PROGRESS', itemsTotal: '0', itemsCreated: '0', itemsUpdated: '0',
      uploadTime: new Date().toISOString(), issues: [],
    }; // prettier-ignore
    uploads.set(source.dataSourceId, upload);
    later(processingMs, () => void work(source, uri, upload));
    res.json({});
  }

  async function work(source: DataSource, uri: string, upload: Upload): Promise<void> {
    const counts = { all: 0, new: 0, changed: 0, refused: 0 };
    try {
      for await (const { offerId, attributes } of readFeed(uri)) {
        counts.all += 1;
        counts[takeIn(source, offerId, attributes) ?? 'refused'] += 1;
      }
    } catch {
      upload.processingState = 'FAILED';
      upload.issues = [
        { title: 'The file could not be fetched', description: 'The address does not answer with a feed.', code: 'fetch/http_error', count: '1', severity: 'ERROR', documentationUri: 'https://support.google.com/merchants/answer/160161' },
      ]; // prettier-ignore
      return;
    }
    if (counts.refused > 0)
      upload.issues = [
        { title: 'Invalid value', description: 'Some items have values that cannot be read.', code: 'validation/invalid_value', count: String(counts.refused), severity: 'ERROR', documentationUri: 'https://support.google.com/merchants/answer/160161' },
      ]; // prettier-ignore
    Object.assign(upload, {
      processingState: 'SUCCEEDED', itemsTotal: String(counts.all), itemsCreated: String(counts.new), itemsUpdated: String(counts.changed),
    }); // prettier-ignore
  }

  return {
    create,
    patch,
    fetchNow,
    byName: (name: string): DataSource | undefined => sources.get(name.split('/').at(-1) ?? ''),
    list: (_req: Request, res: Response): void => void res.json({ dataSources: [...sources.values()] }),
    get(req: Request, res: Response): void {
      const source = find(req, res);
      if (source) res.json(source);
    },
    lastUpload(req: Request, res: Response): void {
      const upload = uploads.get(String(req.params['source']));
      if (!upload) return fail(res, 404, 'There was no upload yet.', 'file_upload_not_found');
      res.json({ name: `accounts/${account}/dataSources/${String(req.params['source'])}/fileUploads/latest`, ...upload }); // prettier-ignore
    },
  };
}
