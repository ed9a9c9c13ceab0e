using Iommu.Hardware.Smmuv3;
using Iommu.Messages;

namespace Iommu.TestKit.Guests;

/// <summary>
/// What a VMM does when its guest has moved PROD: it collects invalidations into arrays of IOMMU_HWPT_INVALIDATE, passes one on before each
/// CMD_SYNC, and moves CONS as far as commands are done. A command that iommufd refuses stops the guest's ring with CERROR_ILL.
/// </summary>
/// <param name="ring">The guest's.</param>
/// <param name="viommu">Its vIOMMU.</param>
/// <param name="call">Makes the call.</param>
public sealed class TrappedRing(GuestCommandRing ring, ObjectId viommu, Func<HwptInvalidate, Task<Answer>> call)
{
    private const uint IllegalCommand = 1;

    private readonly InvalidationArray _array = new();

    /// <summary>Serves the ring until it is empty or has stopped.</summary>
    public async Task DoorbellAsync()
    {
        while (ring.Waiting > 0 && !ring.IsStopped)
        {
            _array.Clear();
            Collect();
            if (_array.Count > 0) await PassOnAsync();
            else Serve(ring.Peek(0));
        }
    }

    private void Collect()
    {
        while (!_array.IsFull && (uint)_array.Count < ring.Waiting)
        {
            var command = ring.Peek((uint)_array.Count);
            if (!IsPassedOn(command)) return;
            _array.Add(command);
        }
    }

    private async Task PassOnAsync()
    {
        var answer = await call(_array.ToCall(viommu));
        ring.Consume((uint)answer.Value);
        if (answer.Errno != Errno.None) ring.Stop(IllegalCommand);
    }

    // What was before a CMD_SYNC has been passed on, and its answer means that it is done. Entries are the VMM's to look at.
    private void Serve(Command command)
    {
        if (command.Opcode is Opcode.Sync or Opcode.PrefetchConfig or Opcode.PrefetchAddress or Opcode.CfgiSte or Opcode.CfgiSteRange)
            ring.Consume(1);
        else ring.Stop(IllegalCommand);
    }

    private static bool IsPassedOn(Command command) => command.Opcode is Opcode.CfgiCd or Opcode.CfgiCdAll
        or (>= Opcode.TlbiNhAll and <= Opcode.AtcInv);
}
