/* Included first by `flowdar cc` in what it compiles: the object, and the program that it becomes part of,
 * say how (readelf -p .comment). Nothing else. */
#if defined(__GNUC__) && defined(__ELF__) && !defined(__ASSEMBLER__)
#pragma GCC system_header
#if defined(FLOWDAR_CC_PATCH)
__asm__(".ident \"flowdar cc: patch\"");
#elif defined(FLOWDAR_CC_HOOKS)
__asm__(".ident \"flowdar cc: hooks\"");
#endif
#endif
