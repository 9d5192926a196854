/*
 * Packed streams: how a recording keeps the packets of a CTF stream file, compressed.
 *
 * Place in the house: the format that packed_write.h writes and packed_read.h reads; inside
 * pipeline/. trace/ holds the CTF metadata as it is, and instead of each stream file NAME a file
 * NAME.zst: for each packet a note and a frame, one after the other.
 *
 *	note    a skippable frame of zstd (magic FDAR_PACKED_NOTE_MAGIC, little endian, then the length
 *	        of what follows, 4 bytes): FDAR_PACKED_NOTE_BYTES, numbers little endian:
 *	        u32 bytes of the frame that follows    u32 bytes of the packet
 *	        u64 content bits of the packet         u64 begin, u64 end (the packet's clock values)
 *	        u64 events in it                       u64 discarded: LTTng's counter, as in the packet
 *	        u64 dropped: events that the recorder itself dropped between the packet before and
 *	                     this one (not in LTTng's counter)
 *	        u64 sequence number of the packet      u32 flags (below)    u32 CRC-32 of the note's bytes
 *	                                                                before it (zlib's)
 *	frame   one zstd frame (RFC 8878) with the packet, content size and checksum in it
 *
 * What is in the frame is the packet's bytes, in columns (packed_columns.h) when the flags say a
 * stride: then byte i of every so many comes together. It makes the frames of a function trace half
 * as long, and to compress and to decompress them takes half the time (docs/performance.md).
 *
 * Any packet can be found by hopping from note to note and decompressed alone; where no note says a
 * stride, `zstd -dc NAME.zst` gives the stream file back. A file that was cut off anywhere is good up
 * to its last whole frame.
 * Packets that the recorder dropped before the end of the stream and after its last packet are a note
 * without a frame (bytes of both 0) at the end.
 */
#ifndef FDAR_PIPELINE_PACKED_PACKED_H
#define FDAR_PIPELINE_PACKED_PACKED_H

#define FDAR_PACKED_SUFFIX     ".zst"
#define FDAR_PACKED_NOTE_MAGIC 0x184D2A5Fu
#define FDAR_PACKED_NOTE_BYTES 72u

/* Flags of a note: the metadata did not describe all events yet. The packet's events (or, of a note
 * without a frame, some of those that were dropped) are not all in the count. */
#define FDAR_PACKED_UNCOUNTED 0x100u

/* In the flags: bytes from one element of a column to the next in the packet; 0: not in columns. */
#define FDAR_PACKED_STRIDE 0xffu

/* No packet of LTTng's is larger than its sub-buffer; what claims to be is refused: a reader has the
 * whole packet in memory. */
#define FDAR_PACKED_PACKET_MAX (64u << 20)

#endif
