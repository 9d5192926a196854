# functions.awk: the functions that server.c works with, as C: f0 calls the others as a tree.
# awk -v count=85 -v fanout=4 -v seed=1 -f functions.awk
BEGIN {
	srand(seed)
	print "/* Made by functions.awk. */"
	for (i = 0; i < count; i++)
		print "WORK void f" i "(struct job *job);"
	for (i = 0; i < count; i++) {
		printf "WORK void f%d(struct job *job)\n{\n\twork(job, %d, %d);\n", i, i, 300 + int(2400 * rand() * rand())
		for (k = i * fanout + 1; k <= i * fanout + fanout && k < count; k++)
			print "\tf" k "(job);"
		print "}"
	}
}
