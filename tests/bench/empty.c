/*
 * Nothing: linked with the helper's libraries, what the loader makes of them.
 */
int main(void)
{
	return 0;
}
