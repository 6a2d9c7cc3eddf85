//! A plan as the bytes that the runtime reads; its counterpart is `set::plan` of the crate `eql`.

use super::{Plan, Stage};

/// Stands for no slot, no clock, no four bytes, and for the term after `until`.
const NONE: u16 = u16::MAX;

impl Plan {
    /// `None` where the set has more rules, fields or terms than 16 bits can count.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = Bytes(Vec::new());
        bytes.optional(self.category)?;
        bytes.optional(self.system)?;
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
        let category: Vec<&String> = stage.category.iter().collect();
        self.list(&category, |bytes, name| bytes.text(name))?;
        self.list(&stage.systems, |bytes, name| bytes.text(name))?;
        self.list(&stage.guards, |bytes, guard| {
            bytes.list(&guard.atoms, |bytes, atom| {
                bytes.number(plan.slot(&atom.path)?)?;
                bytes.optional(atom.text.rare())?;
                bytes.text(atom.text.as_str())
            })
        })
    }
}
