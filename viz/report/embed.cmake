# cmake -DNAME=symbol -DIN=file -DOUT=file.c -P embed.cmake: the file as a NUL-terminated array of C.
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "(........................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUT} "extern const char ${NAME}[];\nconst char ${NAME}[] = {\n${bytes}0\n};\n")
