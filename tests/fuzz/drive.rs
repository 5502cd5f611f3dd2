//! Runs a target on one input after the other, until its time is over.

use crate::draw::Draw;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Seconds that a target gets where nobody says otherwise.
const SECONDS: u64 = 2;
/// An input that takes longer is a finding. Tests are built without optimization, on machines that do other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Feeds `target` with what `make` draws.
pub fn drive(name: &str, make: fn(&mut Draw) -> Vec<u8>, target: fn(&[u8])) {
    if let Ok(file) = std::env::var("DLN_FUZZ_FILE") {
        return target(&fs::read(file).expect("the input to run again"));
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&path).expect("a folder for inputs");
    let path = path.join(format!("{name}.input"));
    let end = Instant::now() + Duration::from_secs(number("DLN_FUZZ_SECONDS", SECONDS));
    let seed = number("DLN_FUZZ_SEED", 0);
    let watch = Watch::new(&path);
    let mut i = 0;
    while Instant::now() < end {
        let input = make(&mut Draw::new(seed << 32 | i));
        fs::write(&path, &input).expect("a place to keep the input");
        watch.begin();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(&input))) {
            eprintln!("{name}: input {i} of seed {seed} is in {}", path.display());
            resume_unwind(panic);
        }
        watch.end();
        i += 1;
    }
    println!("{name}: {i} inputs");
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a whole number"))
}

/// Ends the process when an input takes too long: a hanging target cannot be stopped from outside.
struct Watch {
    /// When the current input began, in milliseconds since `start`, and one more; 0 between inputs.
    began: &'static AtomicU64,
    start: Instant,
}

impl Watch {
    fn new(path: &Path) -> Watch {
        let began: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
        let (start, path) = (Instant::now(), PathBuf::from(path));
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let now = start.elapsed().as_millis() as u64;
                let began = began.load(Ordering::Relaxed);
                if began > 0 && Duration::from_millis(now + 1 - began) > PATIENCE {
                    eprintln!("an input takes longer than {PATIENCE:?}: {}", path.display());
                    std::process::abort();
                }
            }
        });
        Watch { began, start }
    }

    fn begin(&self) {
        self.began.store(self.start.elapsed().as_millis() as u64 + 1, Ordering::Relaxed);
    }

    fn end(&self) {
        self.began.store(0, Ordering::Relaxed);
    }
}
