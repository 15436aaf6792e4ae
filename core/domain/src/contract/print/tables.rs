//! Blocks that a template names: parties, goods, milestones, rebates.

use super::PrintedContract;
use super::placeholder::BlockName;
use super::sheet::{Block, PrintLanguage};

/// The block; nothing where there is nothing to show.
pub(super) fn blocks(name: BlockName, contract: &PrintedContract, _language: PrintLanguage) -> Vec<Block> {
    if !name.is_there(contract) {
        return Vec::new();
    }
    Vec::new()
}
