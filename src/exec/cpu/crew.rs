//! The threads that share the work of kernels. They stay awake for a while behind each piece of it, since most kernels end
//! before a sleeper has woken. Work is cut by sizes alone; who takes a task changes no bit.
//!
//! A piece of work is a count of tasks and a function. Whoever has one leads the crew if nobody does, posts it, and all
//! take tasks until none is left; then the leader waits for the last to be done. Whoever comes while the crew is led
//! does its tasks alone: a task that has tasks itself, and the kernels of other plans. Nothing is allocated, and nothing is
//! waited for but tasks that somebody has begun.
//!
//! The leader takes the first task that is left and the others the last, so that of two threads each finds in its cache
//! what it wrote in the kernel before.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock};
use std::{hint, ptr, thread};

/// Looks for work before a thread lets others have its processor, and then before it sleeps: some 50 microseconds, and
/// about a millisecond.
const LOOKS: usize = 1 << 10;
const YIELDS: usize = 1 << 11;

type Work = dyn Fn(usize) + Sync;

/// Where a thread takes its tasks.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

struct Crew {
    /// How many take part, beside the leader.
    helpers: usize,
    led: AtomicBool,
    /// The tasks that nobody has taken: the first one in the lower half, and the one behind the last in the upper.
    open: AtomicU64,
    /// The function; it lives until all tasks are done, and is replaced only then.
    work: UnsafeCell<*const Work>,
    done: AtomicUsize,
    /// What a task panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    closed: AtomicBool,
    asleep: AtomicUsize,
    bed: Mutex<()>,
    wake: Condvar,
}

// SAFETY: `work` is written by the leader while no task of it is left, and read by those who have taken one.
unsafe impl Sync for Crew {}
// SAFETY: as above.
unsafe impl Send for Crew {}

/// The number of threads of the process, once it is settled.
static THREADS: OnceLock<usize> = OnceLock::new();

thread_local! {
    /// The crew for this thread's work, where it is not that of the process.
    static OWN: Cell<*const Crew> = const { Cell::new(ptr::null()) };
}

/// As `use_threads`; false where something has run already.
pub fn take_threads(threads: usize) -> bool {
    THREADS.set(threads.max(1)).is_ok()
}

/// Runs `f` with so many threads, the one that calls among them, for the kernels that it runs itself, instead of those of the
/// process.
pub fn with_threads<R>(threads: usize, f: impl FnOnce() -> R) -> R {
    let crew = Crew::new(threads.saturating_sub(1));
    thread::scope(|scope| {
        // First, so that those who have come also go where another cannot be had.
        let _end = Own { crew: &crew, before: OWN.replace(&crew) };
        (0..crew.helpers).for_each(|_| drop(scope.spawn(|| crew.help())));
        f()
    })
}

/// Runs `work(0)`, .., `work(count - 1)` on all threads.
pub fn share(count: usize, work: &(dyn Fn(usize) + Sync)) {
    let own = OWN.get();
    // SAFETY: `Own` keeps the crew as long as this thread has it.
    let crew = if own.is_null() { of_process() } else { unsafe { &*own } };
    if crew.helpers == 0 || crew.led.swap(true, Ordering::Acquire) {
        return (0..count).for_each(work);
    }
    let ended = crew.share(count, work);
    crew.led.store(false, Ordering::Release);
    if let Err(panic) = ended {
        resume_unwind(panic);
    }
}

fn of_process() -> &'static Crew {
    static CREW: OnceLock<&Crew> = OnceLock::new();
    CREW.get_or_init(|| {
        let threads = *THREADS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from));
        let crew: &Crew = Box::leak(Box::new(Crew::new(threads - 1)));
        for _ in 0..crew.helpers {
            // Where a thread cannot be had, the others do its tasks.
            let _ = thread::Builder::new().name("dln".into()).spawn(|| crew.help());
        }
        crew
    })
}

/// As long as it lives this thread has a crew of its own; then that one goes.
struct Own<'a> {
    crew: &'a Crew,
    before: *const Crew,
}

impl Drop for Own<'_> {
    fn drop(&mut self) {
        OWN.set(self.before);
        self.crew.closed.store(true, Ordering::SeqCst);
        self.crew.rouse();
    }
}

impl Crew {
    fn new(helpers: usize) -> Crew {
        Crew {
            helpers,
            led: AtomicBool::new(false),
            open: AtomicU64::new(0),
            work: UnsafeCell::new(ptr::from_ref::<Work>(&|_| ())),
            done: AtomicUsize::new(0),
            panic: Mutex::new(None),
            closed: AtomicBool::new(false),
            asleep: AtomicUsize::new(0),
            bed: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    fn help(&self) {
        // What a task does in parallel runs in that task.
        OWN.set(self);
        let mut looks = 0;
        while !self.closed.load(Ordering::Acquire) {
            looks += 1;
            match self.take(End::Last) {
                Some(task) => {
                    self.run(task);
                    looks = 0;
                }
                None if looks < LOOKS => hint::spin_loop(),
                None if looks < LOOKS + YIELDS => thread::yield_now(),
                None => {
                    self.sleep();
                    looks = 0;
                }
            }
        }
    }

    /// Of the leader.
    fn share(&self, count: usize, work: &(dyn Fn(usize) + Sync)) -> Result<(), Box<dyn Any + Send>> {
        let tasks = u32::try_from(count).expect("fewer tasks than elements of a tensor");
        self.done.store(0, Ordering::Relaxed);
        // SAFETY: no task of what stood here is left; the lifetime is hidden, but this returns behind the last task.
        unsafe { *self.work.get() = std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), *const Work>(work) };
        self.open.store(u64::from(tasks) << 32, Ordering::SeqCst);
        self.rouse();
        while let Some(task) = self.take(End::First) {
            self.run(task);
        }
        let mut looks = 0;
        while self.done.load(Ordering::Acquire) < count {
            looks += 1;
            if looks < LOOKS { hint::spin_loop() } else { thread::yield_now() }
        }
        lock(&self.panic).take().map_or(Ok(()), Err)
    }

    /// A task that nobody has taken.
    fn take(&self, end: End) -> Option<usize> {
        let mut open = self.open.load(Ordering::Acquire);
        loop {
            let (first, behind) = (open as u32, (open >> 32) as u32);
            if first >= behind {
                return None;
            }
            let (task, left) = match end {
                End::First => (first, open + 1),
                End::Last => (behind - 1, open - (1 << 32)),
            };
            // What is left may be of a later piece by now: then the task is one of that, as is the function.
            match self.open.compare_exchange_weak(open, left, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(task as usize),
                Err(now) => open = now,
            }
        }
    }

    fn run(&self, task: usize) {
        // SAFETY: the task was taken and is not done, so the function stays.
        let work = unsafe { &**self.work.get() };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(task))) {
            lock(&self.panic).get_or_insert(panic);
        }
        self.done.fetch_add(1, Ordering::Release);
    }

    fn none_is_left(&self) -> bool {
        let open = self.open.load(Ordering::SeqCst);
        open as u32 >= (open >> 32) as u32
    }

    fn sleep(&self) {
        let mut bed = lock(&self.bed);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        while self.none_is_left() && !self.closed.load(Ordering::SeqCst) {
            bed = self.wake.wait(bed).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }

    /// Wakes who sleeps: either it is counted here, or it sees what was stored before.
    fn rouse(&self) {
        if self.asleep.load(Ordering::SeqCst) > 0 {
            drop(lock(&self.bed));
            self.wake.notify_all();
        }
    }
}

/// Nothing that these locks guard is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// How often each of `count` tasks was run.
    fn runs(count: usize) -> Vec<usize> {
        let runs: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
        share(count, &|task| {
            runs[task].fetch_add(1, Ordering::Relaxed);
        });
        runs.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn each_task_is_run_once() {
        for threads in 1..5 {
            with_threads(threads, || {
                for round in 0..2000 {
                    assert_eq!(runs(round % 23), vec![1; round % 23]);
                }
            });
        }
    }

    #[test]
    fn several_leaders_and_one_crew() {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..2000).for_each(|round| assert_eq!(runs(round % 23), vec![1; round % 23])));
            }
        });
    }

    #[test]
    fn others_take_part_also_those_who_slept() {
        with_threads(3, || {
            for pause in [0, 50, 50] {
                thread::sleep(Duration::from_millis(pause));
                let here = thread::current().id();
                let others = AtomicBool::new(false);
                // The first task of the leader ends when somebody else has one.
                share(64, &|_| {
                    let other = thread::current().id() != here;
                    others.fetch_or(other, Ordering::SeqCst);
                    while !others.load(Ordering::SeqCst) {
                        thread::yield_now();
                    }
                });
            }
        });
    }

    #[test]
    fn a_task_in_a_task_runs_there() {
        with_threads(3, || {
            share(16, &|_| {
                let here = thread::current().id();
                share(8, &|_| assert_eq!(thread::current().id(), here));
            });
            assert_eq!(runs(5), [1; 5]);
        });
    }

    #[test]
    fn a_panic_reaches_the_leader_behind_the_last_task() {
        with_threads(2, || {
            let ran = AtomicUsize::new(0);
            let work = |task| {
                ran.fetch_add(1, Ordering::SeqCst);
                assert!(task != 7, "task seven");
            };
            let ended = catch_unwind(AssertUnwindSafe(|| share(20, &work)));
            assert_eq!(*ended.unwrap_err().downcast::<&str>().unwrap(), "task seven");
            assert_eq!(ran.load(Ordering::SeqCst), 20);
            assert_eq!(runs(9), [1; 9]);
        });
    }
}
