//! Turns the list of protocols into one type that fits in a flow's slot: an enum, so that no parser is boxed and no call is virtual.

/// Largest state a parser may keep for one conversation, in bytes. It stands in every flow's slot, so it is dear.
/// Source: measured, the largest is `ssh`, which remembers what both ends offered.
pub(crate) const PARSER_BYTES_MAX: usize = 256;

macro_rules! protocols {
    ($($Variant:ident($module:ident)),+ $(,)?) => {
        /// The state of whichever parser reads a conversation.
        #[derive(Debug)]
        pub enum Parser {
            $(#[doc = concat!("`", stringify!($module), "`")] $Variant($module::Parser)),+
        }

        const _: () = assert!(size_of::<Parser>() <= any::PARSER_BYTES_MAX);

        /// What each protocol is, in the order of the list.
        pub static ALL: &[&Spec] = &[$(&<$module::Parser as Protocol>::SPEC),+];

        impl Parser {
            /// Asks the parser at `index` of [`ALL`] whether these first bytes are its own.
            #[must_use]
            pub fn probe(index: usize, first: &[u8], side: Side, carrier: Carrier, hinted: bool) -> Probe {
                const PROBES: &[fn(&[u8], Side, Carrier, bool) -> Probe] =
                    &[$(<$module::Parser as Protocol>::probe),+];
                PROBES.get(index).map_or(Probe::NotOurs, |probe| probe(first, side, carrier, hinted))
            }

            /// A fresh parser of the protocol at `index` of [`ALL`].
            #[must_use]
            pub fn new(index: usize) -> Option<Parser> {
                const NEW: &[fn() -> Parser] = &[$(|| Parser::$Variant($module::Parser::default())),+];
                NEW.get(index).map(|new| new())
            }

            /// What this conversation speaks.
            #[must_use]
            pub fn spec(&self) -> &'static Spec {
                match self {
                    $(Parser::$Variant(_) => &<$module::Parser as Protocol>::SPEC),+
                }
            }

            /// Reads what comes next: see [`Protocol::parse`].
            pub fn parse(
                &mut self,
                side: Side,
                carrier: Carrier,
                input: Input<'_>,
                out: &mut dyn FnMut(Event<'_>),
            ) -> Progress {
                match self {
                    $(Parser::$Variant(parser) => parser.parse(side, carrier, input, out)),+
                }
            }
        }
    };
}
pub(crate) use protocols;
