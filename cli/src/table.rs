//! Plain tables for people: columns padded to their widest cell, numbers to the right.

/// Which side a column leans to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table under construction.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<const N: usize>(columns: [(&str, Align); N]) -> Self {
        Self { columns: columns.map(|(name, align)| (name.to_owned(), align)).to_vec(), rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty, surplus ones are dropped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<String> = cells.into_iter().collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }

    /// The table as text: heading, rule, rows; no trailing blanks, no final newline.
    pub fn render(&self) -> String {
        let width = |text: &str| text.chars().count();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, (name, _))| {
                self.rows.iter().map(|row| width(&row[i])).chain([width(name)]).max().unwrap_or(0)
            })
            .collect();
        let line = |cells: Vec<&str>| {
            let mut out = String::new();
            for ((cell, (_, align)), size) in cells.into_iter().zip(&self.columns).zip(&widths) {
                let padding = " ".repeat(size - width(cell));
                match align {
                    Align::Left => out.extend([cell, &padding, "  "]),
                    Align::Right => out.extend([padding.as_str(), cell, "  "]),
                }
            }
            out.trim_end().to_owned()
        };
        let rule: Vec<String> = widths.iter().map(|size| "-".repeat(*size)).collect();
        let mut lines = vec![
            line(self.columns.iter().map(|(name, _)| name.as_str()).collect()),
            line(rule.iter().map(String::as_str).collect()),
        ];
        lines.extend(self.rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
        lines.join("\n")
    }
}

/// Name and value pairs, one a line, values aligned.
pub fn pairs<'a>(entries: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let entries: Vec<(&str, String)> = entries.into_iter().collect();
    let width = entries.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = entries
        .iter()
        .map(|(name, value)| format!("{name}{}  {value}", " ".repeat(width - name.chars().count())))
        .collect();
    lines.join("\n")
}

/// Text with its long hexadecimal numbers cut in the middle, as 0x123456…cdef.
pub fn abbreviated(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let hex = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()).len();
        if hex >= 32 {
            out.extend([&rest[..6], "…", &rest[hex - 4..hex]]);
            rest = &rest[hex..];
        } else {
            // At least one character, and never a part of a longer number.
            let end = hex.max(rest.chars().next().map_or(0, char::len_utf8));
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    out
}

/// 1234567 as "1,234,567".
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_have_no_trailing_blanks() {
        let mut table = Table::new([("step", Align::Left), ("gas", Align::Right)]);
        table.row(["prove".into(), "1".into()]);
        table.row(["µ".into(), "12,345".into()]);
        assert_eq!(table.render(), "step      gas\n-----  ------\nprove       1\nµ      12,345");
    }

    #[test]
    fn only_long_numbers_are_abbreviated() {
        let digest = format!("digest: 0x{}, at 1795407334 µs", "0123456789abcdef".repeat(4));
        assert_eq!(abbreviated(&digest), "digest: 0x012345…cdef, at 1795407334 µs");
        assert_eq!(abbreviated("a deadbeef cafe"), "a deadbeef cafe");
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
