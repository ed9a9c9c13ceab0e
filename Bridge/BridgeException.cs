using System.Runtime.InteropServices;

namespace Iommu.Bridge;

/// <summary>The bridge cannot work: which call of the system failed, and why.</summary>
public sealed class BridgeException(string message) : Exception(message)
{
    internal static BridgeException OfLastError(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return new BridgeException($"{call}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");
    }
}
