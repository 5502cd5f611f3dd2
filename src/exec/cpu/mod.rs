//! The CPU backend: every step of a plan becomes a kernel that knows its operands' places, sizes and element type.
//! A run walks through the kernels; nothing is looked up, checked or allocated on the way.

mod compile;
mod conv;
pub(super) mod crew;
mod element;
mod epilogue;
mod fourier;
mod frame;
mod gemm;
mod isa;
mod kept;
mod kernels;
mod math;
mod parallel;
mod room;
mod scratch;
#[cfg(target_arch = "x86_64")]
mod transpose;

pub use gemm::{Matmul, use_matmul};
pub use room::{Room, room};

use super::memory::Version;
use super::storage::Storage;
use super::{Fault, Memory, Profile, Slot};
use crate::plan::Plan;
use frame::{CONSTANT, Frame};
use kept::Fixed;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// One step, ready to run.
trait Kernel: Send + Sync {
    fn run(&mut self, frame: &Frame) -> Result<(), Fault>;

    /// Of the inputs that stay the same from run to run, those that are marked may have changed.
    fn renew(&mut self, _changed: &[bool]) {}

    /// Whether the kernel of the step before does this step's work.
    fn is_done(&self) -> bool {
        false
    }

    /// Starts or stops taking times inside; gives those taken so far, where there is an inside.
    fn profile(&mut self, _on: bool) -> Option<Profile> {
        None
    }
}

/// The kernels of a plan, with the places of its constants.
struct Program {
    kernels: Vec<Box<dyn Kernel>>,
    constants: Storage,
    /// Where times go while somebody wants them.
    profile: Option<Profile>,
}

impl Program {
    /// `fixed` are the inputs that stay the same from run to run, until `renew`.
    fn new(plan: &Plan, fixed: &Fixed) -> Program {
        let mut constants = Storage::zeroed(plan.constants.len() * CONSTANT);
        for (index, &value) in plan.constants.iter().enumerate() {
            constants.bytes_mut()[index * CONSTANT..][..CONSTANT].copy_from_slice(&element::constant_bytes(value));
        }
        Program { kernels: compile::steps(&plan.steps, fixed), constants, profile: None }
    }

    fn renew(&mut self, changed: &[bool]) {
        self.kernels.iter_mut().for_each(|kernel| kernel.renew(changed));
    }

    /// Starts or stops taking times; gives those taken so far.
    fn profile(&mut self, plan: &Plan, on: bool) -> Profile {
        let next = on.then(|| {
            let mut profile = Profile::new(plan);
            let joined = self.kernels.iter().zip(&mut profile.entries).filter(|(kernel, _)| kernel.is_done());
            joined.for_each(|(_, entry)| entry.name = "with the one before");
            profile
        });
        let mut taken = std::mem::replace(&mut self.profile, next).unwrap_or_default();
        let inner: Vec<Option<Profile>> = self.kernels.iter_mut().map(|kernel| kernel.profile(on)).collect();
        taken.entries.iter_mut().zip(inner).for_each(|(entry, inner)| entry.inner = inner);
        taken
    }

    /// # Safety
    /// The contract of `Frame::new`, for this program's plan.
    unsafe fn run(
        &mut self,
        arena: *mut u8,
        inputs: &[*mut u8],
        outputs: &[*mut u8],
        stop: Option<&AtomicBool>,
    ) -> Result<(), Fault> {
        // SAFETY: handed on to the caller; the constants are the program's own.
        let frame = unsafe { Frame::new(arena, self.constants.pointer(), inputs, outputs) }.until(stop);
        let Some(profile) = &mut self.profile else {
            return self.kernels.iter_mut().try_for_each(|kernel| frame.goes_on().and_then(|()| kernel.run(&frame)));
        };
        profile.runs += 1;
        self.kernels.iter_mut().zip(&mut profile.entries).try_for_each(|(kernel, entry)| {
            let start = Instant::now();
            let done = kernel.run(&frame);
            entry.time += start.elapsed();
            done
        })
    }
}

/// A plan that can run.
pub struct Executable {
    plan: Plan,
    program: Program,
    /// By output: the input whose memory it may share.
    follows: Vec<Option<usize>>,
    /// By output: memory for runs in which the output's slot is also an input that it may not overwrite at once.
    spares: Vec<Option<Storage>>,
    /// What inputs held in the last run: kernels keep what they make of those that runs leave as they are.
    held: Vec<Version>,
    changed: Vec<bool>,
    /// The slots of the last run, for which `spares` was made.
    bound: (Vec<Slot>, Vec<Slot>),
    inputs: Pointers,
    outputs: Pointers,
}

/// Addresses of one run.
#[derive(Default)]
struct Pointers(Vec<*mut u8>);

// SAFETY: the addresses are used only inside `run`, which sets them first.
unsafe impl Send for Pointers {}
// SAFETY: as above.
unsafe impl Sync for Pointers {}

impl Executable {
    pub fn new(plan: Plan) -> Executable {
        let follows = |output| plan.updates.iter().find(|update| update.0 == output).map(|update| update.1);
        Executable {
            program: Program::new(&plan, &Fixed::of_plan(&plan)),
            held: vec![],
            changed: vec![],
            follows: (0..plan.outputs.len()).map(follows).collect(),
            spares: plan.outputs.iter().map(|_| None).collect(),
            bound: Default::default(),
            inputs: Pointers::default(),
            outputs: Pointers::default(),
            plan,
        }
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Starts or stops taking times of steps; returns those taken so far.
    pub fn profile(&mut self, on: bool) -> Profile {
        self.program.profile(&self.plan, on)
    }

    /// Runs the plan once on slots of the plan's types. An output's slot may be an input's, too; two outputs have two
    /// slots. After a fault, inputs are as before, except those that steps behind the guards have overwritten.
    pub fn run(&mut self, memory: &mut Memory, inputs: &[Slot], outputs: &[Slot]) -> Result<(), Fault> {
        self.run_until(memory, inputs, outputs, None)
    }

    /// As `run`; it ends between two steps, also of a loop, where `stop` is set, and has then given nothing.
    pub fn run_until(
        &mut self,
        memory: &mut Memory,
        inputs: &[Slot],
        outputs: &[Slot],
        stop: Option<&AtomicBool>,
    ) -> Result<(), Fault> {
        self.check(memory, inputs, outputs);
        if self.bound.0 != inputs || self.bound.1 != outputs {
            self.bind(memory, inputs, outputs);
        }
        self.renew(memory, inputs);
        outputs.iter().for_each(|&slot| memory.written(slot));
        self.inputs.0.clear();
        self.inputs.0.extend(inputs.iter().map(|&slot| memory.storage(slot).pointer()));
        self.outputs.0.clear();
        for (spare, &slot) in self.spares.iter_mut().zip(outputs) {
            let storage = spare.as_mut().unwrap_or_else(|| memory.storage(slot));
            self.outputs.0.push(storage.pointer());
        }
        let (program, arena) = (&mut self.program, memory.arena(self.plan.arena));
        let (from, to) = (&self.inputs, &self.outputs);
        // SAFETY: types were checked, so all sizes are those of the plan; `memory` is borrowed uniquely; outputs that are
        // also inputs have memory of their own unless the plan orders their use.
        unsafe { program.run(arena, &from.0, &to.0, stop) }?;
        for (spare, &slot) in self.spares.iter_mut().zip(outputs) {
            if let Some(spare) = spare {
                std::mem::swap(spare, memory.storage(slot));
            }
        }
        Ok(())
    }

    /// Tells kernels which inputs hold something else than in the last run.
    fn renew(&mut self, memory: &Memory, inputs: &[Slot]) {
        self.changed.clear();
        self.held.resize(inputs.len(), Version::NONE);
        for (held, &slot) in self.held.iter_mut().zip(inputs) {
            let now = memory.version(slot);
            self.changed.push(std::mem::replace(held, now) != now);
        }
        self.program.renew(&self.changed);
    }

    /// Makes the spares that these slots need.
    fn bind(&mut self, memory: &mut Memory, inputs: &[Slot], outputs: &[Slot]) {
        for (index, &slot) in outputs.iter().enumerate() {
            self.spares[index] = match self.needs_spare(index, slot, inputs) {
                true => Some(Storage::zeroed(memory.storage(slot).len())),
                false => None,
            };
        }
        self.bound = (inputs.to_vec(), outputs.to_vec());
    }

    /// Whether writing `slot` as output `index` would overwrite an input that the plan may still read.
    fn needs_spare(&self, index: usize, slot: Slot, inputs: &[Slot]) -> bool {
        let mut inputs = inputs.iter().enumerate();
        inputs.any(|(input, &other)| other == slot && self.follows[index] != Some(input))
    }

    fn check(&self, memory: &Memory, inputs: &[Slot], outputs: &[Slot]) {
        let fits = |slots: &[Slot], types: &[(crate::base::Name, crate::plan::Type)]| {
            slots.len() == types.len() && slots.iter().zip(types).all(|(&slot, (_, ty))| memory.ty(slot) == ty)
        };
        assert!(fits(inputs, &self.plan.inputs), "the inputs have the plan's types");
        assert!(fits(outputs, &self.plan.outputs), "the outputs have the plan's types");
    }
}
