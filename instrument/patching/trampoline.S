/*
 * The trampolines of run-time patching: what a patched function calls first, where it returns to, and
 * how unwinders see through it. returns.h tells what they ask of the core.
 *
 * All general registers are kept, also those that a callee may change by the ABI: compilers know
 * what a function of their own file changes (gcc's -fipa-ra), and let callers rely on it. Flags are
 * not: nobody hands anything over in them. Vector and x87 registers are not touched at all.
 */
#if defined(__x86_64__)

#define KEPT 72 /* bytes that the saved registers take */

/* All registers that C code may change, but %rdi, which is saved before. */
	.macro KEEP
	.irp register, rax, rcx, rdx, rsi, r8, r9, r10, r11
	push %\register
	.cfi_adjust_cfa_offset 8
	.endr
	.endm

	.macro GIVE_BACK
	.irp register, r11, r10, r9, r8, rsi, rdx, rcx, rax
	pop %\register
	.cfi_adjust_cfa_offset -8
	.endr
	.endm

	.text

/*
 * Entry. The stack at its begin: the address after the site, then the slot with the function's
 * return address. The indirect jump of the stub (stub.c) leads here, so an endbr64 for CET.
 */
	.macro ENTRY name, bytes
	.globl \name
	.hidden \name
	.type \name, @function
	.p2align 6
\name:
	.cfi_startproc
	endbr64
	push %rdi
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rdi, 0
	mov 8(%rsp), %rdi
	sub $\bytes, %rdi
	KEEP
	lea KEPT + 8(%rsp), %rsi
	sub $8, %rsp /* so that the stack is aligned as the ABI wants it */
	.cfi_adjust_cfa_offset 8
	call fdar_calls_enter
	add $8, %rsp
	.cfi_adjust_cfa_offset -8
	test %al, %al
	je 1f
	lea fdar_patch_return(%rip), %rcx
	mov %rcx, KEPT + 8(%rsp)
1:
	GIVE_BACK
	pop %rdi
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rdi
	ret
	.cfi_endproc
	.size \name, . - \name
	.endm

	ENTRY fdar_patch_entry, 5        /* the function begins with the site */
	ENTRY fdar_patch_entry_endbr, 9  /* the function begins with endbr64, then the site */

/* A function that does nothing, patched: probe.h. The jump is its stub. */
	.globl fdar_patch_probe
	.hidden fdar_patch_probe
	.type fdar_patch_probe, @function
	.p2align 6
fdar_patch_probe:
	.cfi_startproc
	call 1f
	ret
	.cfi_adjust_cfa_offset 8
1:
	jmp *2f(%rip)
	.cfi_endproc
	.size fdar_patch_probe, . - fdar_patch_probe
	.section .data.rel.ro, "aw"
	.balign 8
2:
	.quad fdar_patch_entry
	.text

/*
 * Return. The stack at its begin: the slot is just below the stack pointer and still holds
 * fdar_patch_return, for signals keep off 128 bytes there. All of it lies in one block of 256 bytes, so
 * that the unwind table finds the block's begin from any address in it, and there the way to the
 * list of frames. The jump at the end takes its target from below the stack pointer: no register is free,
 * and a ret would let the processor's own stack of return addresses go wrong for all that follow.
 */
	.p2align 8
.Lblock:
	.quad fdar_returns_first - .Lblock
	.globl fdar_patch_return
	.hidden fdar_patch_return
	.type flowdar_patched_return, @function
	.globl flowdar_patched_return /* seen in backtraces */
flowdar_patched_return:
.Lreturn_begin:
	nop /* unwinders look up the address before the one that is returned to */
fdar_patch_return:
	lea -8(%rsp), %rsp
.Lrow_slot:
	push %rdi
.Lrow_rdi: /* from here to .Lrow_kept one or two bytes an instruction: see the table's rows */
	push %rax
	push %rcx
	push %rdx
	push %rsi
	push %r8
	push %r9
	push %r10
	push %r11
.Lrow_kept:
	lea KEPT(%rsp), %rdi
	call fdar_calls_leave
	mov %rax, KEPT(%rsp)
.Lrow_back:
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rax
	pop %rdi
.Lrow_last:
	lea 8(%rsp), %rsp
.Lrow_gone:
	jmp *-8(%rsp)
.Lreturn_end:
	.size flowdar_patched_return, . - flowdar_patched_return
	.if . - .Lblock > 256
	.error "the return trampoline is too long for its block"
	.endif

/*
 * The unwind table of fdar_patch_return. It looks like a function that was called by the one that is
 * returned to, with nothing on the stack. The slot is below the stack pointer of that moment (CFA).
 *
 * It says of itself that it is a signal handler's frame (S), for two reasons. Unwinders tell frames apart
 * by CFA, and libgcc aborts if an exception's handler is in a frame whose CFA is another's beside it, as
 * here; in frames that a signal interrupted it takes CFA - 1. And making CFA another one, with a
 * rule for the stack pointer, is beyond nongnu libunwind, to which CFA is the stack pointer. The price is
 * that gdb prints <signal handler called> for it. The address where a signal interrupted is taken as
 * it is, while a return address may be the next function's: hence the address less 1, in the call.
 *
 * libunwind used to take the operands of comparisons in the wrong order: here they are for equality, or
 * by the sign.
 *
 * The return address is *slot if that is another than fdar_patch_return, else what the innermost frame
 * with that slot says, found in the list of returns.h. The comments show the stack of the expression.
 */
#define NEXT        0x00 /* struct fdar_returns */
#define FRAMES      0x08
#define COUNT       0x10
#define FRAME_BYTES 0x18
#define SLOT        0x00 /* struct fdar_return */
#define ADDRESS     0x08
#define LANDING     (fdar_patch_return - .Lblock)

	.macro OP_LIT n
	.byte 0x30 + \n
	.endm
	.macro OP_PICK n
	.byte 0x15, \n
	.endm
	.macro OP_ADD n /* DW_OP_plus_uconst */
	.byte 0x23
	.uleb128 \n
	.endm
	.macro OP_BRANCH to /* if the top is not 0; it is popped */
	.byte 0x28
	.short \to - . - 2
	.endm
	.macro OP_JUMP to
	.byte 0x2f
	.short \to - . - 2
	.endm
	.macro MOVED_ON bytes, offset
	.byte 0x02, \bytes /* advance_loc1 */
	.byte 0x0e          /* def_cfa_offset */
	.uleb128 \offset
	.endm
#define OP_DEREF .byte 0x06
#define OP_DUP   .byte 0x12
#define OP_DROP  .byte 0x13
#define OP_OVER  .byte 0x14
#define OP_SWAP  .byte 0x16
#define OP_AND   .byte 0x1a
#define OP_MINUS .byte 0x1c
#define OP_MUL   .byte 0x1e
#define OP_PLUS  .byte 0x22
#define OP_SHR   .byte 0x25
#define OP_EQ    .byte 0x29
#define OP_NE    .byte 0x2e

	.section .eh_frame, "a", @unwind
	.balign 8
.Lcie:
	.long .Lcie_end - .Lcie_begin
.Lcie_begin:
	.long 0
	.byte 1
	.asciz "zRS"
	.uleb128 1
	.sleb128 -4
	.byte 16                     /* the return address's column */
	.uleb128 1
	.byte 0x1b                   /* addresses: relative, four bytes */
	.byte 0x0c, 7, 0             /* CFA: rsp */
	.byte 0x16, 16               /* the return address is this expression's value */
	.uleb128 .Lexpression_end - .Lexpression
.Lexpression:                        /* CFA */
	OP_LIT 8
	OP_MINUS
	.byte 0x09, -8               /* const1s */
	OP_AND                       /* slot */
	OP_DUP                       /* libgcc cannot pick the lowest: there is another, not shown */
	.byte 0x80, 0                /* breg16: rip */
	.byte 0x0b                   /* const2s */
	.short -256
	OP_AND                       /* slot block */
	OP_OVER
	OP_DEREF                     /* slot block *slot */
	OP_OVER
	OP_ADD LANDING
	OP_NE
	OP_BRANCH .Lnot_ours         /* slot block */
	OP_DUP
	OP_DEREF
	OP_OVER
	OP_PLUS
	OP_DEREF                     /* slot block thread */
.Lthread:
	OP_DUP
	OP_LIT 0
	OP_EQ
	OP_BRANCH .Lexpression_end   /* none: 0 is the end of the stack */
	OP_DUP
	OP_ADD COUNT
	OP_DEREF                     /* slot block thread i */
	OP_DUP
	OP_LIT 0
	OP_EQ
	OP_BRANCH .Lnext_thread
	OP_PICK 1
	OP_ADD FRAMES
	OP_DEREF
	OP_DEREF                     /* slot block thread i highest */
	OP_PICK 4
	OP_MINUS
	OP_LIT 31                    /* twice: the sign */
	OP_SHR
	OP_LIT 31
	OP_SHR
	OP_BRANCH .Lnext_thread      /* not between this thread's highest */
	OP_DUP
	OP_LIT 1
	OP_MINUS
	OP_PICK 2
	OP_ADD FRAME_BYTES
	OP_DEREF
	OP_MUL
	OP_PICK 2
	OP_ADD FRAMES
	OP_DEREF
	OP_PLUS
	OP_DEREF
	OP_PICK 4
	OP_SWAP
	OP_MINUS
	OP_LIT 31
	OP_SHR
	OP_LIT 31
	OP_SHR
	OP_BRANCH .Lnext_thread      /* and lowest slot */
.Lframe:
	OP_DUP
	OP_LIT 0
	OP_EQ
	OP_BRANCH .Lnext_thread
	OP_LIT 1
	OP_MINUS
	OP_DUP
	OP_PICK 2
	OP_ADD FRAME_BYTES
	OP_DEREF
	OP_MUL                       /* slot block thread i i*bytes */
	OP_PICK 2
	OP_ADD FRAMES
	OP_DEREF
	OP_PLUS                      /* slot block thread i frame */
	OP_DUP
	OP_DEREF
	OP_PICK 5
	OP_EQ
	OP_BRANCH .Lsame_slot
	OP_DROP
	OP_JUMP .Lframe
.Lsame_slot:
	OP_ADD ADDRESS
	OP_DEREF
	OP_DUP
	OP_PICK 4
	OP_ADD LANDING
	OP_NE                        /* slot block thread i address other */
	OP_BRANCH .Lfound
	OP_DROP
	OP_JUMP .Lframe
.Lnext_thread:                       /* slot block thread i */
	OP_DROP
	OP_DEREF                     /* NEXT is at 0 */
	OP_JUMP .Lthread
.Lnot_ours:                          /* slot block */
	OP_DROP
	OP_DEREF
.Lfound:
	OP_LIT 1
	OP_MINUS
.Lexpression_end:
	.balign 8, 0                 /* DW_CFA_nop */
.Lcie_end:
.Lfde:
	.long .Lfde_end - .Lfde_begin
.Lfde_begin:
	.long . - .Lcie
	.long .Lreturn_begin - .
	.long .Lreturn_end - .Lreturn_begin
	.uleb128 0
	MOVED_ON 1, 0
	MOVED_ON (.Lrow_slot - fdar_patch_return), 8
	MOVED_ON 1, 16
	MOVED_ON 1, 24
	MOVED_ON 1, 32
	MOVED_ON 1, 40
	MOVED_ON 1, 48
	MOVED_ON 2, 56
	MOVED_ON 2, 64
	MOVED_ON 2, 72
	MOVED_ON 2, 80
	MOVED_ON (.Lrow_back - .Lrow_kept + 2), 72
	MOVED_ON 2, 64
	MOVED_ON 2, 56
	MOVED_ON 2, 48
	MOVED_ON 1, 40
	MOVED_ON 1, 32
	MOVED_ON 1, 24
	MOVED_ON 1, 16
	MOVED_ON 1, 8
	MOVED_ON (.Lrow_gone - .Lrow_last), 0
	.balign 8, 0
.Lfde_end:

#endif

	.section .note.GNU-stack, "", @progbits
