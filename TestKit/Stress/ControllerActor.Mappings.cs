using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>Mappings: memory plugged into the guest, and a second IOAS whose areas come and go.</summary>
internal sealed partial class ControllerActor
{
    private const int AreasMax = 24;
    private const int PagesMax = 64;
    private const IoasMapFlags ReadWrite = IoasMapFlags.Readable | IoasMapFlags.Writeable;

    private readonly ControllerMaps _maps = new();
    private ObjectId _second;
    private ulong _secondMemory;
    private bool _plugged;

    private async Task SetUp()
    {
        _secondMemory = Vmm.Memory.Allocate(ControllerMaps.WindowBytes, contiguous: true, out _);
        _second = await Create(new IoasAlloc(), ObjectType.Ioas);
        await BindSpare();
    }

    private async Task PlugOrUnplug()
    {
        if (_settings.HotPlug is not { } hotPlug) return;
        if (_plugged)
        {
            hotPlug.Phase.BeginUnmap(0);
            await Call(new IoasUnmap(Vmm.Ioas, GuestLayout.HotPlugStart, GuestLayout.HotPlugBytes));
            hotPlug.Phase.EndUnmap(0);
        }
        else
        {
            hotPlug.Phase.BeginMap(0);
            await Call(new IoasMap(Vmm.Ioas, ReadWrite | IoasMapFlags.FixedIova, hotPlug.NextUserAddress,
                GuestLayout.HotPlugBytes, GuestLayout.HotPlugStart));
            hotPlug.Phase.EndMap(0);
        }
        _plugged = !_plugged;
    }

    private async Task MapInSecond()
    {
        if (_maps.Count >= AreasMax) return;
        var length = RandomLength();
        if (Chance(3))
        {
            var chosen = await Call(new IoasMap(_second, ReadWrite, RandomMemory(length), length));
            if (chosen.Errno == Errno.None) _maps.Add(chosen.Value, length);
            return;
        }
        var iova = RandomIova(length);
        var free = !_maps.Overlaps(iova, length);
        var answer = await Call(FixedMap(iova, length), free ? Errno.None : Errno.EEXIST);
        if (answer.Errno == Errno.None) _maps.Add(iova, length);
    }

    private async Task MapTwoAtOnce()
    {
        if (_maps.Count >= AreasMax) return;
        var (first, second) = (RandomIova(ControllerMaps.PageBytes), RandomIova(ControllerMaps.PageBytes));
        if (first == second || _maps.Overlaps(first, ControllerMaps.PageBytes) || _maps.Overlaps(second, ControllerMaps.PageBytes)) return;
        await Task.WhenAll(
            Call(FixedMap(first, ControllerMaps.PageBytes)), Call(FixedMap(second, ControllerMaps.PageBytes)));
        _maps.Add(first, ControllerMaps.PageBytes);
        _maps.Add(second, ControllerMaps.PageBytes);
    }

    private async Task UnmapInSecond()
    {
        if (_maps.Count == 0)
        {
            await Call(new IoasUnmap(_second, ControllerMaps.Window, ControllerMaps.PageBytes), Errno.ENOENT);
            return;
        }
        if (Chance(32))
        {
            await Call(new IoasUnmap(_second, 0, ulong.MaxValue));
            _maps.Clear();
            return;
        }
        var index = _random.Below(_maps.Count);
        var (iova, length) = _maps[index];
        // A range that cuts an area takes nothing out.
        if (length > ControllerMaps.PageBytes && Chance(4))
            await Call(new IoasUnmap(_second, iova, length - ControllerMaps.PageBytes), Errno.ENOENT);
        var answer = await Call(new IoasUnmap(_second, iova, length));
        if (answer.Value != length) Report($"an unmap of 0x{length:x} bytes at 0x{iova:x} took out 0x{answer.Value:x}");
        _maps.RemoveAt(index);
    }

    private IoasMap FixedMap(ulong iova, ulong length) =>
        new(_second, ReadWrite | IoasMapFlags.FixedIova, RandomMemory(length), length, iova);

    private ulong RandomLength() => (ulong)(1 + _random.Below(PagesMax)) * ControllerMaps.PageBytes;

    private ulong RandomIova(ulong length) => ControllerMaps.Window + RandomOffset(length);

    private ulong RandomMemory(ulong length) => _secondMemory + RandomOffset(length);

    private ulong RandomOffset(ulong length) =>
        (ulong)_random.Below((int)((ControllerMaps.WindowBytes - length) / ControllerMaps.PageBytes + 1)) * ControllerMaps.PageBytes;
}
