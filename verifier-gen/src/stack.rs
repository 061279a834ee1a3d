//! Stack variables for the words that a block touches most, and the price of a block.

use std::collections::{BTreeMap, HashMap, HashSet};

/// Gas of PUSH, DUP and SWAP, and of POP.
const STACK_OP: i64 = 3;
const POP: i64 = 2;
const MEMORY_OP: i64 = 6;

/// Turns up to `room` words into variables, those that save most:
///
/// * a word that was written before: one load and one POP, then DUP instead of PUSH and MLOAD at every use;
/// * a word that is written in this block and only used in it (`local`): no store either.
pub(crate) fn with_variables(
    mut lines: Vec<String>,
    room: usize,
    names: &HashMap<usize, String>,
    local: impl Fn(usize) -> bool,
) -> Vec<String> {
    let mut loads: BTreeMap<usize, i64> = BTreeMap::new();
    for line in &lines {
        addresses(line, "mload(").for_each(|ptr| *loads.entry(ptr).or_default() += 1);
    }
    let written: HashSet<usize> = lines.iter().flat_map(|line| addresses(line, "mstore(")).collect();
    let mut gains: Vec<(i64, usize)> = loads
        .into_iter()
        .filter_map(|(ptr, count)| {
            let saved = count * (MEMORY_OP - STACK_OP) - POP;
            match written.contains(&ptr) {
                true if !local(ptr) => None,
                true => Some((saved + MEMORY_OP, ptr)),
                false => Some((saved - MEMORY_OP, ptr)),
            }
        })
        .filter(|(gain, _)| *gain > 0)
        .collect();
    gains.sort_by_key(|&(gain, ptr)| (std::cmp::Reverse(gain), ptr));
    gains.truncate(room);
    let mut out = vec![];
    for (number, (_, ptr)) in gains.into_iter().enumerate() {
        let name = names.get(&ptr).cloned().unwrap_or_else(|| format!("t{number}"));
        let (load, store) = (format!("mload({ptr:#x})"), format!("mstore({ptr:#x}, "));
        for line in &mut lines {
            *line = line.replace(&load, &name);
            if let Some(value) = line.strip_prefix(&store).and_then(|rest| rest.strip_suffix(')')) {
                *line = format!("let {name} := {value}");
            }
        }
        if !written.contains(&ptr) {
            out.push(format!("let {name} := {load}"));
        }
    }
    out.extend(lines);
    out
}

/// Constant addresses that a line loads (`mload(`) or stores to (`mstore(`).
pub(crate) fn addresses<'a>(line: &'a str, operation: &'a str) -> impl Iterator<Item = usize> + 'a {
    line.split(operation).skip(1).filter_map(|rest| {
        let digits = rest.strip_prefix("0x")?;
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        usize::from_str_radix(&digits[..end], 16).ok()
    })
}

/// Gas of straight-line statements as the legacy code generator compiles them: every literal and variable is a PUSH or
/// DUP, every assignment a SWAP and POP, every `let` a POP at the end of the block.
pub(crate) fn gas(lines: &[String]) -> i64 {
    lines.iter().filter(|line| !line.trim_start().starts_with("//")).map(|line| statement_gas(line)).sum()
}

fn statement_gas(line: &str) -> i64 {
    let (target, value) = line.split_once(" := ").unwrap_or(("", line));
    let assignment = match target {
        "" => 0,
        _ if target.starts_with("let ") => POP,
        _ => STACK_OP + POP,
    };
    let operations = value.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(|token| match token {
        "" => 0,
        "mulmod" | "addmod" => 8,
        "mul" | "mod" => 5,
        // Operators of three gas, and operands.
        _ => 3,
    });
    assignment + operations.sum::<i64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|line| line.to_string()).collect()
    }

    #[test]
    fn gas_is_that_of_the_stack_machine() {
        assert_eq!(gas(&lines(&["mstore(0x40, mulmod(mload(0x20), x, r))"])), 3 + 3 + 8 + 6 + 3 + 3);
        assert_eq!(gas(&lines(&["// mulmod", "h := add(h, 1)"])), 5 + 3 + 3 + 3);
        assert_eq!(gas(&lines(&["let h := mload(0x0)"])), 2 + 6);
    }

    #[test]
    fn the_most_used_words_become_variables() {
        let local = 1usize << 32;
        let block = lines(&[
            &format!("mstore({local:#x}, mulmod(mload(0x20), mload(0x20), r))"),
            &format!("mstore(0x60, add(mload({local:#x}), add(mload({local:#x}), mload(0x20))))"),
        ]);
        let names = HashMap::from([(0x20, "x".to_string())]);
        let out = with_variables(block.clone(), 2, &names, |ptr| ptr == local);
        assert_eq!(
            out,
            ["let x := mload(0x20)", "let t0 := mulmod(x, x, r)", "mstore(0x60, add(t0, add(t0, x)))"]
        );
        let kept = with_variables(block.clone(), 2, &names, |_| false);
        assert!(kept[1].starts_with("mstore("), "{kept:?}");
        assert_eq!(with_variables(block.clone(), 0, &names, |_| true), block);
    }
}
