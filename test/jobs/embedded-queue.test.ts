import { createEmbeddedQueue } from '../../jobs/queues/embedded.ts';
import { quiet, testQueue } from '../support/queue-battery.ts';

testQueue('the queue in the database', {
  open: (_name, database, options) => createEmbeddedQueue(database.connection, quiet, options),
  async abandon(_queue, _name, database) {
    // its heartbeat stops with it: the lease is let run out by hand
    await database.connection.collection('jobs').updateMany({}, { $set: { dueAt: new Date(0) } });
  },
});
