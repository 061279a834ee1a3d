#!/usr/bin/env bash
# Keccak provers of others beside ours, on this machine, one after the other:
#   tests/compare/run.sh [NONOS-BINARY [PERMUTATIONS]]
set -euo pipefail
nonos=$(realpath -m "${1:-$(dirname "$0")/../../target/release/nonos}")
n=${2:-37}
cd "$(dirname "$0")"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
compare=$CARGO_TARGET_DIR/release/nonos-compare
bb=node_modules/@aztec/bb.js/build/$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')-linux/bb
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '%s\n' "$*" >&2; }
# Runs a command; what it says is shown only if it fails.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }; }
row() { printf '%-26s %6s %11s %8s %9s  %s\n' "$@"; }
# Prints a row; the third column is CPU seconds of the whole proof.
figures() { row "$1" "$2" "$(awk -v all="$3" -v n="$2" 'BEGIN { printf "%.2f", all / n }')" "${@:4}"; }

say "building and installing what is compared"
cargo build --release --locked --quiet
npm ci --ignore-scripts --silent

say "Noir and barretenberg: program, points, keys"
quietly node noir.mjs "$n" "$work"
gates=$("$bb" gates -b "$work/program.json" -t evm 2>/dev/null | sed -n 's/.*"circuit_size": \([0-9]*\).*/\1/p')
points=1
while ((points < gates)); do ((points *= 2)); done
"$compare" srs $((points + 1)) "$work"
export CRS_PATH=$work
quietly "$bb" write_vk -b "$work/program.json" -t evm -o "$work"
say "Noir and barretenberg: proof"
TIMEFORMAT='%R %U %S'
{ time quietly "$bb" prove -b "$work/program.json" -w "$work/witness.gz" -k "$work/vk" -t evm -o "$work"; } 2>"$work/time" ||
    { cat "$work/time" >&2; exit 1; }
read -r noir_wall noir_user noir_system <"$work/time"
quietly "$bb" write_solidity_verifier -k "$work/vk" -t evm --optimized -o "$work/Verifier.sol"
read -r noir_gas noir_code < <(node evm.mjs "$work" "$work")

say "zkevm-hashes: keys, proof"
read -r zkevm_cpu zkevm_wall zkevm_bytes < <("$compare" zkevm "$n" | tail -n 1)

if [[ -x $nonos ]]; then
    say "ours: keys, two proofs"
    names=install_halo2_cpu_s_per_perm,install_halo2_proof_bytes,install_halo2_verify_gas,install_halo2_verifier_bytes
    "$nonos" bench --json --only "$names" 2>/dev/null >"$work/ours.json"
    read -r cpu bytes gas code < <(node -p '
        const { results } = JSON.parse(fs.readFileSync(process.argv[1]));
        process.argv[2].split(",").map((name) => results[name].value).join(" ")' "$work/ours.json" "$names")
else
    say "ours is left out: there is no $nonos"
fi

row prover perms 'CPU s/perm' 'wall s' 'proof B' 'on an EVM'
[[ -z ${cpu:-} ]] || row 'ours (install chunk)' 37 "$(printf %.2f "$cpu")" - "$bytes" "yes: $gas gas, contract $code B"
figures 'Noir, UltraHonk' "$n" "$(awk "BEGIN { print $noir_user + $noir_system }")" "$noir_wall" "$(stat -c %s "$work/proof")" \
    "yes: $noir_gas gas, contract $noir_code B"
figures zkevm-hashes "$n" "$zkevm_cpu" "$zkevm_wall" "$zkevm_bytes" "no: calldata alone is over $((16 * zkevm_bytes)) gas"
