"""The code of the compiled kernel in LLVM's assembly language, for each pair of dtypes.

For every tile of numbers in a chunk, for every term: load, fused multiply-add. Pure text; knows
nothing of how it is compiled or called.
"""

from collections.abc import Callable

import torch

__all__ = ["NUMBERS", "TILE", "assembly"]

LANES = 16  # numbers in one vector; LLVM fits vectors to the processor's registers
TILE = 2 * LANES  # numbers whose sums are in registers at once
# Bytes by which a buffer is asked for before it is read. Processors do that by themselves, but
# not for ten buffers at a time: with half precision this saves a sixth of the time. On one machine
# nothing between 512 and 2048 made a difference; on another 384 took 16 % less than 1024 (float32,
# 8 vectors, one core; 8 % less in half precision), 256 to 448 were alike, 640 as slow as 1024.
AHEAD = 384
LINE = 64  # bytes that memory delivers at once

NUMBERS = {torch.float32: "float", torch.float16: "half", torch.bfloat16: "i16"}
BYTES = {"float": 4, "half": 2, "i16": 2}

# A row of `chunks` is (start, stop, segment); `first` and `count` say where the terms of each
# segment stand in `vectors` and `coefficients`. Every caller takes chunks until none is left.
CODE = """
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
declare FLOATS @llvm.fma.vLANESf32(FLOATS, FLOATS, FLOATS)

define void @weighted_sum(ptr %output, ptr %base, ptr %vectors, ptr %coefficients, ptr %first,
                          ptr %count, ptr %chunks, ptr %taken, i64 %total) {
entry:
  br label %next

next:
  %number = atomicrmw add ptr %taken, i64 1 monotonic
  %left = icmp slt i64 %number, %total
  br i1 %left, label %chunk, label %done

chunk:
  %word = mul i64 %number, 3
  %start.at = getelementptr i64, ptr %chunks, i64 %word
  %stop.at = getelementptr i64, ptr %start.at, i64 1
  %segment.at = getelementptr i64, ptr %start.at, i64 2
  %start = load i64, ptr %start.at
  %stop = load i64, ptr %stop.at
  %segment = load i64, ptr %segment.at
  %first.at = getelementptr i64, ptr %first, i64 %segment
  %count.at = getelementptr i64, ptr %count, i64 %segment
  %begin = load i64, ptr %first.at
  %terms = load i64, ptr %count.at
  %end = add i64 %begin, %terms
  %empty = icmp eq i64 %terms, 0
  br label %tile

tile:
  %i = phi i64 [ %start, %chunk ], [ %i.next, %write ]
READ_BASE
  br i1 %empty, label %write, label %term

term:
  %k = phi i64 [ %begin, %tile ], [ %k.next, %term ]
SUMS
  %vector.at = getelementptr ptr, ptr %vectors, i64 %k
  %vector = load ptr, ptr %vector.at
  %coefficient.at = getelementptr float, ptr %coefficients, i64 %k
  %coefficient = load float, ptr %coefficient.at
  %alone = insertelement FLOATS poison, float %coefficient, i64 0
  %lambda = shufflevector FLOATS %alone, FLOATS poison, <LANES x i32> zeroinitializer
READ_VECTOR
MULTIPLY_ADD
  %k.next = add i64 %k, 1
  %more = icmp slt i64 %k.next, %end
  br i1 %more, label %term, label %write

write:
RESULTS
WRITE_OUTPUT
  %i.next = add i64 %i, TILE
  %on = icmp slt i64 %i.next, %stop
  br i1 %on, label %tile, label %next

done:
  fence seq_cst
  ret void
}

!0 = !{ i32 1 }
"""
SUM = "  %sumPART = phi FLOATS [ %basePART, %tile ], [ %newPART, %term ]"
RESULT = "  %resultPART = phi FLOATS [ %basePART, %tile ], [ %newPART, %term ]"
MULTIPLY_ADD = """
  %newPART = call FLOATS @llvm.fma.vLANESf32(FLOATS %vectorPART, FLOATS %lambda, FLOATS %sumPART)
"""
READ = """
  %NAMEPART.i = add i64 %i, OFFSET
  %NAMEPART.at = getelementptr STORED, ptr %NAME, i64 %NAMEPART.i
  %NAMEPART.raw = load <LANES x STORED>, ptr %NAMEPART.at, align BYTES
"""
PREFETCH = """
  %NAMEPART.soon = getelementptr i8, ptr %NAMEPART.at, i64 AHEAD
  call void @llvm.prefetch.p0(ptr %NAMEPART.soon, i32 0, i32 3, i32 1)
"""
WIDEN = {
    "float": "  %NAMEPART = bitcast FLOATS %NAMEPART.raw to FLOATS",
    "half": "  %NAMEPART = fpext <LANES x half> %NAMEPART.raw to FLOATS",
    # bfloat16 is the upper half of a float32.
    "i16": """
  %NAMEPART.low = zext <LANES x i16> %NAMEPART.raw to INTEGERS
  %NAMEPART.bits = shl INTEGERS %NAMEPART.low, splat (i32 16)
  %NAMEPART = bitcast INTEGERS %NAMEPART.bits to FLOATS
""",
}
NARROW = {
    "float": "  %resultPART.raw = bitcast FLOATS %resultPART to FLOATS",
    "half": "  %resultPART.raw = fptrunc FLOATS %resultPART to <LANES x half>",
    # To nearest, ties to even, in integers: the instruction that some processors have for it
    # drops the tiniest numbers.
    "i16": """
  %resultPART.bits = bitcast FLOATS %resultPART to INTEGERS
  %resultPART.high = lshr INTEGERS %resultPART.bits, splat (i32 16)
  %resultPART.odd = and INTEGERS %resultPART.high, splat (i32 1)
  %resultPART.push = add INTEGERS %resultPART.odd, splat (i32 32767)
  %resultPART.pushed = add INTEGERS %resultPART.bits, %resultPART.push
  %resultPART.top = lshr INTEGERS %resultPART.pushed, splat (i32 16)
  %resultPART.raw = trunc INTEGERS %resultPART.top to <LANES x i16>
""",
}
WRITE = """
  %resultPART.i = add i64 %i, OFFSET
  %resultPART.at = getelementptr STORED, ptr %output, i64 %resultPART.i
  store <LANES x STORED> %resultPART.raw, ptr %resultPART.at, align SPAN, !nontemporal !0
"""


def assembly(base: torch.dtype, storage: torch.dtype) -> str:
    """`weighted_sum` for θ₀ and θ of dtype `base` and vectors of dtype `storage`."""
    own, other = NUMBERS[base], NUMBERS[storage]
    code = _filled(
        CODE,
        READ_BASE=_each_part(lambda part: _read(own, part), NAME="base", STORED=own),
        SUMS=_each_part(lambda _: SUM),
        READ_VECTOR=_each_part(lambda part: _read(other, part), NAME="vector", STORED=other),
        MULTIPLY_ADD=_each_part(lambda _: MULTIPLY_ADD),
        RESULTS=_each_part(lambda _: RESULT),
        WRITE_OUTPUT=_each_part(lambda _: NARROW[own] + WRITE, STORED=own, SPAN=LANES * BYTES[own]),
        TILE=TILE,
    )
    return _filled(code, FLOATS="<LANES x float>", INTEGERS="<LANES x i32>", LANES=LANES)


def _read(stored: str, part: int) -> str:
    """Code that reads one part of a tile; it asks ahead once for every line of memory."""
    begins_a_line = part * LANES * BYTES[stored] % LINE == 0
    return READ + (PREFETCH if begins_a_line else "") + WIDEN[stored]


def _each_part(code_of: Callable[[int], str], **words: object) -> str:
    """The code of every part of a tile, one after the other, with its words filled in."""
    if "STORED" in words:
        words = {**words, "BYTES": BYTES[str(words["STORED"])]}
    return "".join(
        _filled(code_of(part), **words, PART=part, OFFSET=part * LANES, AHEAD=AHEAD).strip("\n")
        + "\n"
        for part in range(TILE // LANES)
    )


def _filled(code: str, **words: object) -> str:
    for word, value in words.items():
        code = code.replace(word, str(value))
    return code
