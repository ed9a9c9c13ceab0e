using Iommu.Hardware;
using Iommu.Messages;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.UnderTest;

/// <summary>Who makes calls, one after the other, while others make theirs (<see cref="MachineUnderTest.TogetherAsync"/>).</summary>
public interface ICaller
{
    /// <summary>Makes a call and waits for the answer.</summary>
    Task<Answer> CallAsync(Call call);

    /// <summary>Lets others go on. A search puts something in here.</summary>
    Task PauseAsync();

    /// <summary>A transaction of a device, with a pause after each of its steps.</summary>
    /// <param name="port">Its way in, which nobody else uses meanwhile.</param>
    /// <param name="iova">Where.</param>
    /// <param name="access">What for.</param>
    async Task<DmaOutcome> TranslateAsync(IDmaPort port, ulong iova, Access access)
    {
        port.Begin(iova, access);
        while (!port.Step()) await PauseAsync();
        return port.Outcome;
    }
}

/// <summary>A caller beside others, in the order in which they happen to go.</summary>
internal sealed class DirectCaller(MachineUnderTest machine) : ICaller
{
    public Task<Answer> CallAsync(Call call) => machine.CallAsync(call);

    public async Task PauseAsync() => await Task.Yield();
}
