// Verifies a proof of bb by the contract that bb writes, and prints gas of the transaction and bytes of the code:
//   node evm.mjs DIR SRS
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEVM } from '@ethereumjs/evm';
import solc from 'solc';

const [dir, srs] = process.argv.slice(2);
const hex = (...path) => readFileSync(join(...path)).toString('hex');
const word = (number) => number.toString(16).padStart(64, '0');

// The contract has the G2 point of the ceremony in it; the proof stands on the points in SRS.
const [x0, x1, y0, y1] = hex(srs, 'bn254_g2.dat').match(/.{64}/g);
const ours = [x1, x0, y1, y0];
const written = readFileSync(join(dir, 'Verifier.sol'), 'utf8');
const [head, point] = written.split('// G2 [x]');
if (!point) throw new Error('the contract no longer marks its G2 point');
const source = `${head}${point.replace(/0x[0-9a-f]{64}/g, (old) => (ours.length ? `0x${ours.shift()}` : old))}`;

const input = {
    language: 'Solidity',
    sources: { 'Verifier.sol': { content: source } },
    settings: { optimizer: { enabled: true, runs: 200 }, outputSelection: { '*': { HonkVerifier: ['evm'] } } },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const error of output.errors ?? []) if (error.severity === 'error') throw new Error(error.formattedMessage);
const { deployedBytecode, methodIdentifiers } = output.contracts['Verifier.sol'].HonkVerifier.evm;

const [proof, inputs] = [hex(dir, 'proof'), hex(dir, 'public_inputs')];
const calldata = [
    methodIdentifiers['verify(bytes,bytes32[])'],
    word(64), word(96 + proof.length / 2), word(proof.length / 2), proof, word(inputs.length / 64), inputs,
].join('');
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'hex'));

const evm = await createEVM();
const run = (data) => evm.runCode({ code: bytes(deployedBytecode.object), data: bytes(data), gasLimit: 30_000_000n });
const { executionGasUsed, exceptionError, returnValue } = await run(calldata);
if (exceptionError || returnValue.at(-1) !== 1) throw new Error('the contract rejects the proof');
// One bit of the last public input.
const last = calldata.at(-1) === '0' ? '1' : '0';
if (!(await run(calldata.slice(0, -1) + last)).exceptionError) throw new Error('the contract accepts a false statement');

const data = bytes(calldata).reduce((gas, byte) => gas + (byte ? 16 : 4), 21_000);
console.log(Number(executionGasUsed) + data, deployedBytecode.object.length / 2);
