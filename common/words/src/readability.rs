//! How hard a text is to read: words, sentences and LIX.
//!
//! LIX (Björnsson 1968) = words a sentence + long words a hundred words, where long is more than six letters. It is a lint,
//! not a judge: it does not know hard short words.

/// What can be counted in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readability {
    /// How many words.
    pub words: usize,
    /// How many of them have more than six letters.
    pub long_words: usize,
    /// How many sentences; a headline or a step is one, with or without a full stop.
    pub sentences: usize,
    /// Words in the longest sentence.
    pub longest_sentence: usize,
}

/// A word with more letters than this is long (Björnsson).
const SHORT_WORD_LETTERS_MAX: usize = 6;

/// Short forms that end in a full stop without ending a sentence.
const SHORT_FORMS: [&str; 3] = ["kl.", "ca.", "nr."];

impl Readability {
    /// Counts the texts of a card: each of them ends a sentence.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut sum = Readability::default();
        for text in texts {
            sum.add(text);
        }
        sum
    }

    /// LIX, rounded.
    #[must_use]
    pub fn lix(&self) -> usize {
        let ratio = |part: usize, whole: usize| (part + whole / 2).checked_div(whole).unwrap_or(0);
        let per_sentence = ratio(self.words * 100, self.sentences);
        let per_hundred = ratio(self.long_words * 10_000, self.words);
        ratio(per_sentence + per_hundred, 100)
    }

    fn add(&mut self, text: &str) {
        let mut in_sentence = 0;
        for token in text.split_whitespace() {
            let letters = token.chars().filter(|letter| letter.is_alphabetic()).count();
            if token.chars().any(char::is_alphanumeric) {
                self.words += 1;
                in_sentence += 1;
                self.long_words += usize::from(letters > SHORT_WORD_LETTERS_MAX);
            }
            if ends_sentence(token) {
                self.end(&mut in_sentence);
            }
        }
        self.end(&mut in_sentence);
    }

    fn end(&mut self, in_sentence: &mut usize) {
        if *in_sentence > 0 {
            self.sentences += 1;
            self.longest_sentence = self.longest_sentence.max(*in_sentence);
            *in_sentence = 0;
        }
    }
}

fn ends_sentence(token: &str) -> bool {
    let bare = token.trim_end_matches(['”', '"', ')']);
    let ordinal = bare.strip_suffix('.').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let short_form = SHORT_FORMS.iter().any(|form| bare.eq_ignore_ascii_case(form));
    bare.ends_with(['.', '!', '?', ':']) && !short_form && !ordinal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_sentences_and_lix() {
        let text = ["Ring nu", "Det skete kl. 14.05 den 3. marts. Er det jeres it-leverandør?"];
        let counted = Readability::of(text);
        assert_eq!((counted.words, counted.sentences, counted.long_words), (13, 3, 1));
        assert_eq!(counted.longest_sentence, 7);
        // 13 / 3 = 4.33 words a sentence, 1 / 13 = 7.69 long words a hundred.
        assert_eq!(counted.lix(), 12);
        assert_eq!(Readability::of([]).lix(), 0);
    }
}
