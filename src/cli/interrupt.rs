//! Ctrl-C, SIGTERM and SIGHUP: the first asks the run to end after its step, the second ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of an interrupted process.
pub const INTERRUPTED: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens from now on; the flag is set at the first signal. Where signals cannot be had, nothing is interrupted gently.
pub fn listen() -> &'static AtomicBool {
    let listening = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    });
    // A second handler in one process is the only error that can come here; the first one listens.
    drop(listening);
    &ASKED
}
