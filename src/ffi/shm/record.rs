//! What may lie in shared memory, proved field by field where it is declared.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, AtomicU8};

/// A type that may lie in shared memory. Types of several fields get it by [`record!`] alone.
///
/// # Safety
/// Every bit pattern is a valid value, all fields are atomics (or arrays or records of them) without padding between
/// them, the layout is `repr(C)`, and dropping does nothing.
pub(crate) unsafe trait Record: Sync + 'static {}

// SAFETY: an atomic integer of any value is valid, has its own size as layout, and needs no drop.
unsafe impl Record for AtomicU8 {}
// SAFETY: as for AtomicU8.
unsafe impl Record for AtomicU32 {}
// SAFETY: as for AtomicU8.
unsafe impl Record for AtomicU64 {}
// SAFETY: as for AtomicU8.
unsafe impl Record for AtomicI64 {}
// SAFETY: an array is its elements one after the other.
unsafe impl<T: Record, const N: usize> Record for [T; N] {}

/// Declares a struct as a [`Record`] of the given size in octets. A field that may not lie in shared memory, padding,
/// and another size do not compile.
macro_rules! record {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident: $size:literal {
            $($(#[$of_field:meta])* $field:ident: $kind:ty,)+
        }
    ) => {
        $(#[$attribute])*
        #[repr(C)]
        $visibility struct $name {
            $($(#[$of_field])* $field: $kind,)+
        }

        const _: () = {
            const fn may_be_shared<T: $crate::ffi::shm::Record>() -> usize {
                size_of::<T>()
            }
            assert!(size_of::<$name>() == $size);
            assert!(0 $(+ may_be_shared::<$kind>())+ == $size, "there is padding between the fields");
            assert!(!std::mem::needs_drop::<$name>());
        };

        // SAFETY: the struct is `repr(C)`, the lines above do not compile unless every field is a `Record` and the
        // fields fill it without padding, and nothing is to be dropped.
        #[allow(unsafe_code)]
        #[allow(clippy::undocumented_unsafe_blocks)] // clippy of Rust 1.85 sees no comment inside a macro
        unsafe impl $crate::ffi::shm::Record for $name {}
    };
}

pub(crate) use record;
