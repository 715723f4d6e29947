//! Starts the box's processes and brings back the one that falls; gives each no more rights than it needs.
//!
//! Each role is a process of its own, started from the same program. One that ends is started again, at once the first time and more slowly
//! when it keeps falling; one that hangs is killed. When somebody says stop, all are asked to stop, and killed when they do not. When the
//! supervisor itself is killed, the roles end with it.

mod hold;
mod pulse;
mod rights;
mod stop;
mod supervise;

pub use hold::Hold;
pub use pulse::beat;
pub use rights::{be_supervised, capabilities, drop_all, keep_listening, pass_on_listening};
pub use stop::stop_flag;
pub use supervise::{Role, SUPERVISED, supervise};

use supervise::steady;
