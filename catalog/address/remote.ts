/** A file on an FTP or SFTP server, as far as it is read here. */
import type { Writable } from 'node:stream';
import type { Context } from '../context.ts';
import { SourceError } from '../errors.ts';
import { openFtp } from './ftp.ts';
import type { AddressOptions } from './options.ts';
import { openSftp } from './sftp.ts';

export interface RemoteStat {
  /** Bytes; undefined when the server does not tell. */
  size: number | undefined;
  modifiedAt: Date | undefined;
}

export interface Remote {
  stat(): Promise<RemoteStat>;
  /** Writes the whole file and ends `to`. */
  download(to: Writable): Promise<void>;
  close(): void;
}

export const isRemote = ({ url }: Pick<AddressOptions, 'url'>): boolean => /^(s?ftp|ftps):/i.test(url);

/** Signs in. The host is resolved by the outside, which lets nobody into private networks. */
export async function openRemote(options: AddressOptions, ctx: Context): Promise<Remote> {
  const url = new URL(options.url);
  const port = Number(url.port) || { 'ftp:': 21, 'ftps:': 21, 'sftp:': 22 }[url.protocol] || 21;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!ctx.resolveHost)
    throw new SourceError('address_protocol_unknown', `Nothing here can open ${url.protocol}//.`);
  const address = await ctx.resolveHost(host, port);
  const to = { url, host, port, address };
  return url.protocol === 'sftp:' ? openSftp(options, to, ctx) : openFtp(options, to, ctx);
}

export interface RemoteAddress {
  url: URL;
  host: string;
  port: number;
  /** The IP address that may be connected to. */
  address: string;
}
