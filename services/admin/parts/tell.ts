/** Short words in the corner: what was done, or why not. */
import { notifications } from '@mantine/notifications';
import { Problem } from '../api/client.ts';
import { t } from '../messages/text.ts';

export const tell = (message: string): void => void notifications.show({ message, color: 'teal' });

/** It is done, and there is something that a person should know. */
export const tellWarning = (title: string, message: string): void =>
  void notifications.show({ title, message, color: 'yellow', autoClose: 12_000 });

export function tellFailure(error: unknown): void {
  const said = error instanceof Problem && error.status > 0 ? error.message : t('frame.no-answer');
  const hint = error instanceof Problem ? error.hint : undefined;
  notifications.show({ title: said, message: hint, color: 'red', autoClose: 12_000, role: 'alert' });
}

/** Does it and says so; a refusal is told too. Answers whether it worked. */
export async function act(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work();
    if (done) tell(done);
    return true;
  } catch (error) {
    tellFailure(error);
    return false;
  }
}
