/** Whether an image's address answers, asked as a channel's crawler would: a few at a time, and not in a hurry. */
import PQueue from 'p-queue';

/** All sandboxes share it: five crawlers with hundreds of requests at once would only be told that we are busy. */
const looks = new PQueue({ concurrency: 4 });
const patienceMs = 30_000;

/** Undefined for an address that is not on this machine: the sandboxes fetch nothing from the world. */
export function lookAtImage(url: string): Promise<boolean> | undefined {
  if (!URL.canParse(url) || !['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname))
    return undefined;
  return looks.add(() =>
    fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(patienceMs) }).then(
      (response) => response.ok,
      () => false,
    ),
  );
}
