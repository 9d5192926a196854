/*
 * The bridge from patched functions to what may use vector registers: returns.h tells why.
 */
#if defined(__x86_64__)

	.text

/*
 * void fdar_vectors_call(void (*function)(void *), void *argument)
 *
 * xsave of what fdar_vectors_mask says (found by returns.c; 0: a processor that has only fxsave), into
 * 2816 bytes of stack, enough for x87, SSE, AVX and AVX-512. The header of the area has to be zero.
 */
	.globl fdar_vectors_call
	.hidden fdar_vectors_call
	.type fdar_vectors_call, @function
	.p2align 4
fdar_vectors_call:
	.cfi_startproc
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	push %rbx
	.cfi_offset %rbx, -24
	sub $2816, %rsp
	and $-64, %rsp
	mov %rdi, %rcx
	mov %rsi, %rdi
	mov fdar_vectors_mask(%rip), %ebx
	test %ebx, %ebx
	je 2f
	xor %eax, %eax
	mov %rax, 512(%rsp)
	mov %rax, 520(%rsp)
	mov %rax, 528(%rsp)
	mov %rax, 536(%rsp)
	mov %rax, 544(%rsp)
	mov %rax, 552(%rsp)
	mov %rax, 560(%rsp)
	mov %rax, 568(%rsp)
	mov %ebx, %eax
	xor %edx, %edx
	xsave64 (%rsp)
	call *%rcx
	mov %ebx, %eax
	xor %edx, %edx
	xrstor64 (%rsp)
3:
	lea -8(%rbp), %rsp
	pop %rbx
	pop %rbp
	.cfi_def_cfa %rsp, 8
	ret
2:
	.cfi_def_cfa %rbp, 16
	fxsave64 (%rsp)
	call *%rcx
	fxrstor64 (%rsp)
	jmp 3b
	.cfi_endproc
	.size fdar_vectors_call, . - fdar_vectors_call

#endif

	.section .note.GNU-stack, "", @progbits
