//! Memory for virtual words: a linear scan over all statements, so that words are used again when nobody needs them.

use std::collections::{BTreeSet, HashMap};

use crate::{memory::Memory, stack::addresses, yul::is_virtual};

/// Replaces virtual addresses. `free` are words that may be used; `released` become free after the block of that index.
pub(crate) fn place(
    blocks: &mut [Vec<String>],
    free: &[usize],
    released: (usize, &[usize]),
    memory: &mut Memory,
) {
    let mut last_use: HashMap<usize, (usize, usize)> = HashMap::new();
    for (b, block) in blocks.iter().enumerate() {
        for (l, line) in block.iter().enumerate() {
            let touched = addresses(line, "mload(").chain(addresses(line, "mstore("));
            touched.filter(|&ptr| is_virtual(ptr)).for_each(|ptr| {
                last_use.insert(ptr, (b, l));
            });
        }
    }
    let mut free: BTreeSet<usize> = free.iter().copied().collect();
    let mut homes: HashMap<usize, usize> = HashMap::new();
    for (b, block) in blocks.iter_mut().enumerate() {
        for (l, line) in block.iter_mut().enumerate() {
            let loads: BTreeSet<usize> = addresses(line, "mload(").filter(|&ptr| is_virtual(ptr)).collect();
            let store = addresses(line, "mstore(").find(|&ptr| is_virtual(ptr));
            let mut text = line.clone();
            for ptr in loads {
                if let Some(&home) = homes.get(&ptr) {
                    text = text.replace(&format!("mload({ptr:#x})"), &format!("mload({home:#x})"));
                    // The value is read before the statement writes, so the statement may write here.
                    if last_use.get(&ptr) == Some(&(b, l)) {
                        free.insert(home);
                    }
                }
            }
            if let Some(ptr) = store {
                let home = free.pop_first().unwrap_or_else(|| memory.word(1).ptr);
                homes.insert(ptr, home);
                text = text.replace(&format!("mstore({ptr:#x},"), &format!("mstore({home:#x},"));
            }
            *line = text;
        }
        if b == released.0 {
            free.extend(released.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_used_again() {
        let v = |i: usize| (1usize << 32) + 32 * i;
        let mut blocks = vec![
            vec![format!("mstore({:#x}, 1)", v(0)), format!("mstore({:#x}, mload({:#x}))", v(1), v(0))],
            vec![
                format!("mstore({:#x}, 2)", v(2)),
                format!("mstore({:#x}, 3)", v(3)),
                format!("mstore(0x0, add(mload({:#x}), add(mload({:#x}), mload({:#x}))))", v(1), v(2), v(3)),
            ],
        ];
        let mut memory = Memory::new(0x1000);
        place(&mut blocks, &[0x100], (0, &[0x200]), &mut memory);
        assert_eq!(blocks[0], ["mstore(0x100, 1)", "mstore(0x100, mload(0x100))"]);
        assert_eq!(
            blocks[1],
            [
                "mstore(0x200, 2)",
                "mstore(0x1000, 3)",
                "mstore(0x0, add(mload(0x100), add(mload(0x200), mload(0x1000))))"
            ]
        );
    }
}
