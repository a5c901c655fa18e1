#!/bin/sh
# Runs the command line on the Node that the project brings (its own node_modules/.bin/node), else on the machine's.
here=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
node="$here/node_modules/.bin/node"
[ -x "$node" ] || node=node
exec "$node" "$here/services/cli/main.ts" "$@"
