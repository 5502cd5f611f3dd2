//! Python's pickle format, as far as files of weights need it (https://docs.python.org/3/library/pickletools.html). Nothing is
//! executed: of all that a pickle can call only what makes dictionaries and tensors is understood, the rest stays opaque.

use std::collections::BTreeMap;

/// The place of an object among all of a pickle.
pub type Id = usize;

/// What a pickle holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    Int(i64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A Python name, `module name`.
    Global(String),
    /// What the pickle refers to outside of itself.
    Persistent(Id),
    /// What a Python name would give when it is called with a tuple.
    Called(Id, Id),
    /// Anything else: a float, bytes, an object of a class.
    Opaque,
}

/// All objects of a pickle, and which of them it is.
#[derive(Debug)]
pub struct Pickle {
    pub objects: Vec<Object>,
    pub whole: Id,
}

/// Reads a pickle; the error says why it cannot be.
pub fn read(bytes: &[u8]) -> Result<Pickle, String> {
    let mut machine = Machine { rest: bytes, objects: vec![], stack: vec![], marks: vec![], memo: BTreeMap::new() };
    loop {
        if let Some(whole) = machine.step()? {
            return Ok(Pickle { objects: machine.objects, whole });
        }
    }
}

struct Machine<'b> {
    rest: &'b [u8],
    objects: Vec<Object>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Id>,
}

impl Machine<'_> {
    /// One opcode. The object, at the end.
    fn step(&mut self) -> Result<Option<Id>, String> {
        let [code] = self.fixed()?;
        match code {
            b'.' => return self.pop().map(Some),
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'N' | 0x88 | 0x89 => self.push(Object::Opaque),
            b'K' | b'M' | b'J' | 0x8a => self.number(code)?,
            b'G' => self.opaque(8)?,
            b'X' | 0x8c | 0x8d | b'T' | b'U' | b'B' | b'C' | 0x8e => self.text(code)?,
            b')' => self.push(Object::Tuple(vec![])),
            b't' => self.since_mark(Object::Tuple)?,
            0x85..=0x87 => {
                let from = self.below(usize::from(code - 0x84))?;
                let parts = self.stack.split_off(from);
                self.push(Object::Tuple(parts));
            }
            b']' => self.push(Object::List(vec![])),
            b'l' => self.since_mark(Object::List)?,
            b'}' => self.push(Object::Dict(vec![])),
            b'd' => self.since_mark(|parts| Object::Dict(paired(&parts)))?,
            0x8f | 0x91 => match code {
                0x8f => self.push(Object::Opaque),
                _ => self.since_mark(|_| Object::Opaque)?,
            },
            b'a' | b'e' | 0x90 | b's' | b'u' => self.fill(code)?,
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(code)?,
            b'c' | 0x93 => self.global(code)?,
            b'R' | 0x81 | 0x92 => self.call(code)?,
            b'b' => drop(self.pop()?),
            b'Q' => {
                let id = self.pop()?;
                self.push(Object::Persistent(id));
            }
            other => return Err(format!("its pickle has the code {other:#04x}, which files of weights do not have")),
        }
        Ok(None)
    }

    fn number(&mut self, code: u8) -> Result<(), String> {
        let number = match code {
            b'K' => i64::from(u8::from_le_bytes(self.fixed()?)),
            b'M' => i64::from(u16::from_le_bytes(self.fixed()?)),
            b'J' => i64::from(i32::from_le_bytes(self.fixed()?)),
            _ => {
                let [length] = self.fixed()?;
                let bytes = self.take(length.into())?;
                let sign = if bytes.last().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
                let mut all = [sign; 8];
                let Some(low) = all.get_mut(..bytes.len()) else {
                    self.push(Object::Opaque);
                    return Ok(());
                };
                low.copy_from_slice(bytes);
                i64::from_le_bytes(all)
            }
        };
        self.push(Object::Int(number));
        Ok(())
    }

    fn text(&mut self, code: u8) -> Result<(), String> {
        let length = match code {
            0x8c | b'U' | b'C' => u8::from_le_bytes(self.fixed()?).into(),
            b'X' | b'T' | b'B' => u32::from_le_bytes(self.fixed()?).into(),
            _ => u64::from_le_bytes(self.fixed()?),
        };
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        let is_text = matches!(code, 0x8c | 0x8d | b'X' | b'U' | b'T');
        let object = match std::str::from_utf8(bytes) {
            Ok(text) if is_text => Object::Text(text.to_string()),
            _ => Object::Opaque,
        };
        self.push(object);
        Ok(())
    }

    /// Elements go into the list or dictionary below them.
    fn fill(&mut self, code: u8) -> Result<(), String> {
        let from = match code {
            b'a' => self.below(1)?,
            b's' => self.below(2)?,
            _ => self.mark()?,
        };
        let parts = self.stack.split_off(from);
        let below = *self.stack.last().ok_or(CUT)?;
        match &mut self.objects[below] {
            Object::List(list) => list.extend(parts),
            Object::Dict(dict) => dict.extend(paired(&parts)),
            _ => {}
        }
        Ok(())
    }

    fn remember(&mut self, code: u8) -> Result<(), String> {
        let place = match code {
            b'q' | b'h' => u8::from_le_bytes(self.fixed()?).into(),
            b'r' | b'j' => u32::from_le_bytes(self.fixed()?),
            _ => self.memo.len() as u32,
        };
        if matches!(code, b'h' | b'j') {
            self.stack.push(*self.memo.get(&place).ok_or(CUT)?);
        } else {
            self.memo.insert(place, *self.stack.last().ok_or(CUT)?);
        }
        Ok(())
    }

    fn global(&mut self, code: u8) -> Result<(), String> {
        let (module, name) = if code == b'c' {
            (self.line()?.to_string(), self.line()?.to_string())
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            match (&self.objects[module], &self.objects[name]) {
                (Object::Text(module), Object::Text(name)) => (module.clone(), name.clone()),
                _ => return Err(CUT.to_string()),
            }
        };
        self.push(Object::Global(format!("{module} {name}")));
        Ok(())
    }

    /// What would call something: it is written down, and never done.
    fn call(&mut self, code: u8) -> Result<(), String> {
        if code == 0x92 {
            self.pop()?;
        }
        let (args, callee) = (self.pop()?, self.pop()?);
        let is_dict = matches!(&self.objects[callee], Object::Global(name) if name == "collections OrderedDict");
        self.push(if is_dict { Object::Dict(vec![]) } else { Object::Called(callee, args) });
        Ok(())
    }

    fn opaque(&mut self, length: usize) -> Result<(), String> {
        self.take(length)?;
        self.push(Object::Opaque);
        Ok(())
    }

    fn since_mark(&mut self, make: impl FnOnce(Vec<Id>) -> Object) -> Result<(), String> {
        let from = self.mark()?;
        let parts = self.stack.split_off(from);
        self.push(make(parts));
        Ok(())
    }

    fn mark(&mut self) -> Result<usize, String> {
        let mark = self.marks.pop().ok_or(CUT)?;
        Ok(mark.min(self.stack.len()))
    }

    fn below(&self, count: usize) -> Result<usize, String> {
        Ok(self.stack.len().checked_sub(count).ok_or(CUT)?)
    }

    fn push(&mut self, object: Object) {
        self.stack.push(self.objects.len());
        self.objects.push(object);
    }

    fn pop(&mut self) -> Result<Id, String> {
        Ok(self.stack.pop().ok_or(CUT)?)
    }

    fn line(&mut self) -> Result<&str, String> {
        let end = self.rest.iter().position(|&byte| byte == b'\n').ok_or(CUT)?;
        let line = self.take(end + 1)?;
        std::str::from_utf8(&line[..end]).map_err(|_| CUT.to_string())
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], String> {
        Ok(self.take(N)?.try_into().map_err(|_| CUT)?)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CUT)?;
        self.rest = rest;
        Ok(taken)
    }
}

const CUT: &str = "its pickle is cut off, or none";

fn paired(parts: &[Id]) -> Vec<(Id, Id)> {
    parts.as_chunks().0.iter().map(|&[key, value]| (key, value)).collect()
}
