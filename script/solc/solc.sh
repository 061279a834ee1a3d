#!/bin/sh
# solc for forge and foundry-compilers: npm's solcjs behind solc's command line.
#
# Understood: --version and --standard-json (input on standard input, output on standard output). Every other flag that
# forge passes (--allow-paths, --base-path, --include-path, ...) is accepted and ignored: the sources come inside the
# JSON. solcjs is looked for in $NONOS_NODE_MODULES, then in contracts/node_modules of this repository.
#
# Input and output go through files, because node truncates large pipes.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
mode=
for argument in "$@"; do
    case $argument in
        --version) mode=version ;;
        --standard-json) mode=${mode:-standard-json} ;;
    esac
done

case $mode in
    version)
        exec node "$here/solc.cjs" version
        ;;
    standard-json)
        spool=$(mktemp -d)
        trap 'rm -rf "$spool"' EXIT INT TERM
        cat > "$spool/input.json"
        # Whatever solcjs itself prints begins with ">>>" and is not part of the answer.
        node "$here/solc.cjs" compile "$spool/input.json" "$spool/output.json" | sed '/^>>>/d' >&2
        cat "$spool/output.json"
        ;;
    *)
        echo "solc.sh: only --version and --standard-json are supported, got: $*" >&2
        exit 2
        ;;
esac
