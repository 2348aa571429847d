/* Two bugs that the sanitizers have to see, for .ci/run: with an argument a
 * pointer that wraps, without one memory that is lost. */
#include <stdint.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	volatile uintptr_t low = 8;
	char *volatile p;
	int i;

	for (i = 0; i < 8; i++)
		p = malloc(100);
	p = (char *)low;
	if (argc > 1)
		p -= 32;
	return p == (char *)argv;
}
