//! A plan as the bytes that the runtime reads; its counterpart is `set::plan` of the crate `eql`.

use super::{Plan, Stage, What};

/// Stands for no slot, no clock, no four bytes, and for the term after `until`.
const NONE: u16 = u16::MAX;

impl Plan {
    /// `None` where the set has more rules, fields or terms than 16 bits can count.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = Bytes(Vec::new());
        self.sorts.iter().try_for_each(|slot| bytes.optional(*slot))?;
        bytes.list(&self.clocks, |bytes, slot| bytes.number(*slot))?;
        bytes.list(&self.clock_of, |bytes, clock| bytes.optional(*clock))?;
        bytes.list(&self.stages, |bytes, stage| bytes.stage(self, stage))?;
        Some(bytes.0)
    }
}

struct Bytes(Vec<u8>);

impl Bytes {
    fn number(&mut self, number: usize) -> Option<()> {
        let number = u16::try_from(number).ok().filter(|number| *number != NONE)?;
        self.0.extend(number.to_le_bytes());
        Some(())
    }

    fn optional(&mut self, number: Option<usize>) -> Option<()> {
        match number {
            Some(number) => self.number(number),
            None => {
                self.0.extend(NONE.to_le_bytes());
                Some(())
            }
        }
    }

    fn list<T>(
        &mut self,
        list: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Option<()>,
    ) -> Option<()> {
        self.number(list.len())?;
        list.iter().try_for_each(|item| write(self, item))
    }

    fn text(&mut self, text: &str) -> Option<()> {
        self.number(text.len())?;
        self.0.extend_from_slice(text.as_bytes());
        Some(())
    }

    fn stage(&mut self, plan: &Plan, stage: &Stage) -> Option<()> {
        self.number(stage.rule)?;
        self.optional(stage.term)?;
        for names in &stage.names {
            self.list(names, |bytes, name| bytes.text(name))?;
        }
        self.list(&stage.guards, |bytes, guard| {
            bytes.list(&guard.atoms, |bytes, atom| {
                bytes.number(plan.slot(&atom.path)?)?;
                bytes.number(match atom.what {
                    What::Any => 0,
                    What::Whole(_) => 1,
                    What::Head(_) => 2,
                    What::Tail(_) => 3,
                    What::Part(..) => 4,
                    What::Int(_) => 5,
                    What::Bool(_) => 6,
                })?;
                match &atom.what {
                    What::Any => {}
                    What::Whole(text) | What::Head(text) | What::Tail(text) => bytes.text(text)?,
                    What::Part(text, rare) => {
                        bytes.text(text)?;
                        bytes.number(*rare)?;
                    }
                    What::Int(int) => bytes.0.extend(int.to_le_bytes()),
                    What::Bool(is) => bytes.number(usize::from(*is))?,
                }
                Some(())
            })
        })
    }
}
