//! The two languages.

/// A language of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Danish: what the clinic reads.
    #[default]
    Da,
    /// English.
    En,
}

impl Lang {
    /// Both.
    pub const ALL: [Lang; 2] = [Lang::Da, Lang::En];

    /// The word used in file names, settings and machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Lang::Da => "da",
            Lang::En => "en",
        }
    }

    /// The language with this word, if there is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Lang::ALL.into_iter().find(|lang| lang.as_str() == word)
    }
}

/// One thing in each language.
#[derive(Debug)]
pub(crate) struct InBoth<T>(pub(crate) [T; 2]);

impl<T> InBoth<T> {
    pub(crate) const fn of(&self, lang: Lang) -> &T {
        let [da, en] = &self.0;
        match lang {
            Lang::Da => da,
            Lang::En => en,
        }
    }
}
