//! The lines of a script as a tree: what stands indented below a line is its block. Knows nothing of what a line means.

use core::iter::Peekable;

/// Longest line, in bytes, as written and with its holes filled. Guess: an HTTP request line has at most 8 kB in common servers.
pub(super) const LINE_BYTES_MAX: usize = 16_384;

/// Blocks inside blocks. Guess: days, hours, conversations, lines are four.
const BLOCKS_DEEP_MAX: usize = 8;

/// A line with its block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// Counted from 1, as editors do.
    pub(super) number: usize,
    /// Without indentation and line end.
    pub(super) text: &'t str,
    /// The lines below it that are indented further.
    pub(super) block: Vec<Line<'t>>,
}

/// What is wrong with which line.
pub(super) type Fault = (usize, String);

/// A line that is not yet in a block.
#[derive(Clone, Copy, Debug)]
struct Loose<'t> {
    number: usize,
    indent: usize,
    text: &'t str,
}

/// Reads the lines of a script; comments and empty lines are left out.
pub(super) fn tree(text: &str) -> Result<Vec<Line<'_>>, Fault> {
    let mut loose = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if text.len() > LINE_BYTES_MAX {
            return Err((number, format!("the line is longer than {LINE_BYTES_MAX} bytes")));
        }
        let indent = line.bytes().take_while(|byte| *byte == b' ').count();
        if line[indent..].starts_with(char::is_whitespace) {
            return Err((number, "indent with spaces".to_owned()));
        }
        loose.push(Loose { number, indent, text });
    }
    block(&mut loose.into_iter().peekable(), 0, 0)
}

fn block<'t>(
    rest: &mut Peekable<impl Iterator<Item = Loose<'t>>>,
    indent: usize,
    depth: usize,
) -> Result<Vec<Line<'t>>, Fault> {
    let mut lines: Vec<Line<'t>> = Vec::new();
    while let Some(&Loose { number, indent: found, text }) = rest.peek() {
        if found < indent {
            break;
        }
        if found == indent {
            lines.push(Line { number, text, block: Vec::new() });
            rest.next();
            continue;
        }
        let Some(head) = lines.last_mut().filter(|head| head.block.is_empty()) else {
            return Err((number, format!("{found} spaces of indentation fit no line above")));
        };
        if depth == BLOCKS_DEEP_MAX {
            return Err((number, format!("more than {BLOCKS_DEEP_MAX} blocks inside each other")));
        }
        head.block = block(rest, found, depth + 1)?;
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_indented_is_a_block() {
        let lines = tree("a\n  # no\n  b\n    c\n\n  d\r\ne").unwrap();
        assert_eq!(lines.iter().map(|line| line.text).collect::<Vec<_>>(), ["a", "e"]);
        let block = &lines[0].block;
        assert_eq!(
            block.iter().map(|line| (line.number, line.text)).collect::<Vec<_>>(),
            [(3, "b"), (6, "d")]
        );
        assert_eq!(block[0].block[0].text, "c");
    }

    #[test]
    fn indentation_that_fits_nothing_is_named() {
        let fault = |text| tree(text).unwrap_err();
        assert_eq!(fault("  a"), (1, "2 spaces of indentation fit no line above".to_owned()));
        assert_eq!(fault("a\n    b\n  c"), (3, "2 spaces of indentation fit no line above".to_owned()));
        assert_eq!(fault("a\n\tb"), (2, "indent with spaces".to_owned()));
        assert_eq!(fault(&"x".repeat(LINE_BYTES_MAX + 1)).0, 1);
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |deep: usize| (0..=deep).map(|n| format!("{}a\n", " ".repeat(n))).collect::<String>();
        assert!(tree(&nested(BLOCKS_DEEP_MAX)).is_ok());
        assert_eq!(tree(&nested(BLOCKS_DEEP_MAX + 1)).unwrap_err().0, BLOCKS_DEEP_MAX + 2);
    }
}
