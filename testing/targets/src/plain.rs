//! What every sentence that we say of somebody else's bytes must be.

/// An error is one line, and none of its characters moves a cursor or colours a terminal.
pub(crate) fn assert_one_line(sentence: &str) {
    assert!(!sentence.is_empty(), "an error without words");
    let is_plain = |letter: char| !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}');
    assert!(sentence.chars().all(is_plain), "not one plain line: {sentence:?}");
}

/// Text from the net is printable ASCII.
pub(crate) fn assert_printable(text: &str) {
    assert!(text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "not printable ASCII: {text:?}");
}
