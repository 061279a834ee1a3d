// Compiles a Noir program of N chained keccak-f and solves its witness: node noir.mjs N DIR
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Noir } from '@noir-lang/noir_js';
import { compile, createFileManager } from '@noir-lang/noir_wasm';

const [n, dir] = [Number(process.argv[2]), resolve(process.argv[3])];

const manifest = `[package]
name = "keccak"
type = "bin"
authors = []
[dependencies]
`;
// The input is private, the state after the last permutation public.
const program = `
fn main(input: [u64; 25]) -> pub [u64; 25] {
    let mut state = input;
    for _ in 0..${n} {
        state = std::hash::keccakf1600(state);
    }
    state
}
`;

mkdirSync(join(dir, 'src'), { recursive: true });
writeFileSync(join(dir, 'Nargo.toml'), manifest);
writeFileSync(join(dir, 'src', 'main.nr'), program);
const silent = () => {};
const compiled = await compile(createFileManager(dir), dir, silent, silent);
writeFileSync(join(dir, 'program.json'), JSON.stringify(compiled.program));

const input = Array.from({ length: 25 }, (_, lane) => lane.toString());
const { witness, returnValue } = await new Noir(compiled.program).execute({ input });
writeFileSync(join(dir, 'witness.gz'), witness);
console.log(returnValue[0]);
