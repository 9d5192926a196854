/* C++: a scope ends where an exception leaves it, and methods are scopes like any other function.
 */
#include <flowdar/flowdar.h>

#include <stdexcept>

namespace
{
struct Thing {
	void fail()
	{
		FLOWDAR_FUNCTION();
		throw std::runtime_error("on purpose");
	}
};
} // namespace

int main()
{
	FLOWDAR_SCOPE("main");
	Thing thing;

	FLOWDAR_SESSION_BEGIN(&thing, "somebody", -1);
	try {
		FLOWDAR_SCOPE("try");
		thing.fail();
	} catch (const std::exception &error) {
		FLOWDAR_NOTE("caught", error.what());
	}
	return 0;
}
