//! Memory of a component: first what it begins with, and only when that is used up does it grow.
//!
//! Growing is what costs a host: it has to change the protection of the pages, and to change it back before the next
//! decision. Most decisions need a few kilobytes.

use core::alloc::Layout;
use core::arch::wasm32::memory_grow;
use core::mem::MaybeUninit;
use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

/// Bytes to begin with. They are zeros, so they take no room in the component.
const FIRST: usize = 256 * 1024;
/// Of WebAssembly.
const PAGE: usize = 65_536;

#[global_allocator]
static MEMORY: TalcSyncCell<FirstThenGrow, WasmBinning> = TalcSyncCell::new_wasm(FirstThenGrow { first: true });

#[derive(Debug)]
struct FirstThenGrow {
    /// What it begins with isn't used yet.
    first: bool,
}

#[expect(unsafe_code, reason = "hands memory to the allocator: nothing else refers to it")]
// SAFETY: never allocates; each region is handed over once.
unsafe impl Source for FirstThenGrow {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        static mut HELD: [MaybeUninit<u8>; FIRST] = [MaybeUninit::uninit(); FIRST];
        if core::mem::take(&mut talc.source.first) {
            // SAFETY: named here only, and only the first time.
            unsafe { talc.claim((&raw mut HELD).cast(), FIRST) };
            return Ok(());
        }
        // Room for the allocator's own notes beside what is asked for.
        let pages = (layout.size() + layout.align()) / PAGE + 2;
        match memory_grow::<0>(pages) {
            usize::MAX => Err(()),
            before => {
                // SAFETY: these pages are new.
                unsafe { talc.claim((before * PAGE) as *mut u8, pages * PAGE) };
                Ok(())
            }
        }
    }
}
