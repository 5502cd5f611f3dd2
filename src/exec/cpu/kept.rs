//! What kernels make of an operand that stays the same from run to run, and keep until it changes: packed weights.

use crate::exec::storage::Storage;
use crate::plan::{Operand, Place, Plan};

/// Which inputs of a program stay the same from run to run, until it is told otherwise.
pub struct Fixed {
    inputs: Vec<bool>,
    /// Whether what is made of one is read many times before it changes: in loops.
    pub often: bool,
}

impl Fixed {
    /// What a plan is told.
    pub fn of_plan(plan: &Plan) -> Fixed {
        Fixed { inputs: (0..plan.inputs.len()).map(|input| plan.stays.contains(&input)).collect(), often: false }
    }

    /// The inputs of a loop's body from `first` on.
    pub fn of_body(body: &Plan, first: usize) -> Fixed {
        Fixed { inputs: (0..body.inputs.len()).map(|input| input >= first).collect(), often: true }
    }

    /// Which input an operand is, if it stays the same.
    pub fn input(&self, operand: &Operand) -> Option<usize> {
        match operand.place {
            Place::Input(input) if self.inputs[input] => Some(input),
            _ => None,
        }
    }
}

/// Memory for what is made of an input.
pub struct Kept {
    input: usize,
    memory: Storage,
    fresh: bool,
}

impl Kept {
    pub fn new(input: usize) -> Kept {
        Kept { input, memory: Storage::zeroed(0), fresh: false }
    }

    /// The inputs that are marked may have changed.
    pub fn renew(&mut self, changed: &[bool]) {
        self.fresh &= !changed[self.input];
    }

    /// So many bytes, and whether they still hold what was made of the input; whoever asks makes it if not.
    pub fn memory(&mut self, bytes: usize) -> (*mut u8, bool) {
        if self.memory.len() < bytes {
            self.memory = Storage::zeroed(bytes);
            self.fresh = false;
        }
        (self.memory.pointer(), std::mem::replace(&mut self.fresh, true))
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Span;
    use crate::exec::Memory;
    use crate::exec::cpu::Executable;
    use crate::graph::{Builder, Emit, Type};
    use crate::ops::{Conv, ConvMode, Op, Tensor};
    use crate::plan::{Options, plan};
    use crate::types::DType;

    /// Packed weights are read again, not made again: a change that nobody was told of is not seen.
    #[test]
    fn what_is_kept_is_not_made_again() {
        let ty = |shape: &[usize]| Type::new(DType::F32, shape.to_vec());
        let [x, w, y] = [ty(&[1, 32, 8, 8]), ty(&[32, 32, 3, 3]), ty(&[1, 32, 8, 8])];
        let mut builder = Builder::new();
        let args = [builder.input("x", x.clone()), builder.input("w", w.clone())];
        let conv = Conv {
            mode: ConvMode::Forward,
            stride: vec![1, 1],
            dilation: vec![1, 1],
            pad: vec![(1, 1), (1, 1)],
            groups: 1,
            sizes: vec![],
        };
        let result = Emit::new(&mut builder, Span::none()).op(Op::Conv(conv), &args);
        builder.output("y", result);
        let mut executable =
            Executable::new(plan(&builder.finish(), &Options { stays: vec![1], ..Options::default() }));
        let mut memory = Memory::new();
        let ones = |ty: &Type| Tensor::from_f64(DType::F32, &ty.shape, &vec![1.0; ty.shape.iter().product()]);
        let from = [memory.add(&ones(&x)), memory.add(&ones(&w))];
        let to = memory.zeros(y);
        let mut run = |memory: &mut Memory| {
            executable.run(memory, &from, &[to]).unwrap();
            memory.get(to).to_f64()[9]
        };
        assert_eq!(run(&mut memory), 288.0);
        memory.storage(from[1]).bytes_mut().fill(0);
        assert_eq!(run(&mut memory), 288.0);
        memory.written(from[1]);
        assert_eq!(run(&mut memory), 0.0);
    }
}
