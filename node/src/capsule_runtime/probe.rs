//! Forbidden actions, tried on purpose: a layer counts only if the kernel refuses what it should refuse.
//!
//! Every function returns the error number of the refusal, or 0 when the action went through (it is undone
//! then). They use raw system calls: a C library may refuse, or emulate, on its own account.

use super::message::ProbeReading;

/// A reading: denied means refused with one of the `expected` error numbers.
pub(super) fn reading(action: &str, errno: i32, expected: &[i32]) -> ProbeReading {
    ProbeReading { action: action.to_owned(), errno, denied: expected.contains(&errno) }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(-1)
}

fn close(descriptor: libc::c_long) -> i32 {
    if descriptor < 0 {
        return errno();
    }
    // SAFETY: the descriptor was just opened by a probe and is used nowhere else.
    unsafe { libc::close(descriptor as i32) };
    0
}

/// Opens the root directory for reading.
pub(super) fn open_root() -> i32 {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
    // SAFETY: the path is a NUL-terminated constant.
    close(unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, c"/".as_ptr(), flags) })
}

/// Creates a socket.
pub(super) fn socket(domain: i32, kind: i32) -> i32 {
    // SAFETY: socket(2) takes integers only.
    close(unsafe { libc::syscall(libc::SYS_socket, domain, kind | libc::SOCK_CLOEXEC, 0) })
}

/// Duplicates standard input.
pub(super) fn duplicate() -> i32 {
    // SAFETY: dup(2) takes an integer only.
    close(unsafe { libc::syscall(libc::SYS_dup, 0) })
}

/// Executes the null path: EFAULT or ENOENT would mean that execve(2) itself is allowed.
pub(super) fn execute() -> i32 {
    let null = std::ptr::null::<libc::c_char>();
    // SAFETY: a null path cannot be executed; the kernel checks the pointers.
    match unsafe { libc::syscall(libc::SYS_execve, null, null, null) } {
        0 => 0,
        _ => errno(),
    }
}

/// Forks. A child that is born by mistake ends at once.
pub(super) fn fork() -> i32 {
    // SAFETY: the process has one thread, and the child only calls _exit.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    match pid {
        0 => unsafe { libc::_exit(0) },
        1.. => {
            // SAFETY: reaps the child just created; a null status is allowed.
            unsafe { libc::waitpid(pid as i32, std::ptr::null_mut(), 0) };
            0
        }
        _ => errno(),
    }
}

/// Maps `length` bytes of anonymous memory.
pub(super) fn map(length: u64, protection: i32) -> i32 {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let Ok(length) = usize::try_from(length) else { return libc::ENOMEM };
    // SAFETY: a new anonymous mapping at an address of the kernel's choice touches nothing that exists.
    let address = unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, -1, 0) };
    if address == libc::MAP_FAILED {
        return errno();
    }
    // SAFETY: unmaps exactly what was mapped above.
    unsafe { libc::munmap(address, length) };
    0
}

/// Asks to become the tracer's target, a call no filter should let through.
pub(super) fn trace_me() -> i32 {
    // SAFETY: PTRACE_TRACEME ignores the other arguments.
    match unsafe { libc::syscall(libc::SYS_ptrace, libc::PTRACE_TRACEME, 0, 0, 0) } {
        0 => 0,
        _ => errno(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permitted_actions_read_as_permitted() {
        // The control: without a sandbox these go through, so a refusal later is the sandbox's.
        assert_eq!(open_root(), 0);
        assert_eq!(duplicate(), 0);
        assert_eq!(map(4096, libc::PROT_NONE), 0);
        assert_eq!(socket(libc::AF_UNIX, libc::SOCK_STREAM), 0);
        assert_eq!(execute(), libc::EFAULT);
        assert!(!reading("x", 0, &[libc::EPERM]).denied);
        assert!(!reading("x", libc::EMFILE, &[libc::EPERM]).denied);
        assert!(reading("x", libc::EPERM, &[libc::EPERM]).denied);
    }
}
