//! Text of others inside a sentence of ours.

/// The text as one line that does nothing to a terminal: line ends and tabs are blanks, every other control character and everything that turns
/// the direction of writing is a replacement character.
#[must_use]
pub fn one_line(text: &str) -> String {
    let shown = |letter: char| match letter {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
        letter => letter,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_a_cursor() {
        assert_eq!(
            one_line("a\r\nb\u{1b}[2Jc\0\u{9b}\u{202e}d"),
            "a  b\u{fffd}[2Jc\u{fffd}\u{fffd}\u{fffd}d"
        );
        assert_eq!(one_line("“Skærm” – 1"), "“Skærm” – 1");
    }
}
