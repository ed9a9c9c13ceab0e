using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Selftest;

/// <summary>The calls on the file of an access. What needs no file to be refused is refused in <see cref="SelftestRules"/>.</summary>
internal sealed partial class AccessFileActor
{
    private void Serve(Call call, UserProcess process, Action<Answer> end)
    {
        switch (call)
        {
            case MockAccessReplaceIoas replace:
                Replace(replace, end);
                break;
            case MockAccessPages when !_pins:
                end(Errno.EOPNOTSUPP);
                break;
            case MockAccessPages pages:
                AtIova(pages.Flags, pages.Iova, iova => Pin(pages with { Iova = iova }, process, end));
                break;
            case MockAccessPagesDestroy destroy:
                Unpin(destroy.Item, end);
                break;
            case MockAccessRw rw when rw.Flags.HasFlag(MockAccessFlags.Write):
                Write(rw, process, end);
                break;
            case MockAccessRw rw:
                AtIova(rw.Flags, rw.Iova, iova => Read(rw with { Iova = iova }, process, end));
                break;
            default:
                end(Errno.EOPNOTSUPP);
                break;
        }
    }

    private void Replace(MockAccessReplaceIoas call, Action<Answer> end) => Ask(new AccessReplace(_access, call.Ioas), answer =>
    {
        if (answer.Errno == Errno.None) _ioas = call.Ioas;
        end(answer);
    });

    /// <summary>The pages are compared, and recorded, after they are pinned; on a failure they are unpinned.</summary>
    private void Pin(MockAccessPages call, UserProcess process, Action<Answer> end)
    {
        var pin = new AccessPin(_access, call.Iova, call.LengthBytes, call.Flags.HasFlag(MockAccessFlags.Write));
        Ask(pin, answer =>
        {
            if (answer is not PagesAnswer { Errno: Errno.None } pinned)
            {
                end(answer.Errno);
                return;
            }
            var errno = call.UserAddress == 0 ? Errno.None
                : SelftestRules.SamePages(call.UserAddress - call.Iova % PhysicalMemory.PageBytes, pinned.Pages, process.Memory);
            if (errno == Errno.None && environment.Failures.ShouldFail("record pinned range")) errno = Errno.ENOMEM;
            if (errno != Errno.None)
            {
                Ask(new AccessUnpin(_access, call.Iova, call.LengthBytes), _ => end(errno));
                return;
            }
            var range = new PinnedRange(_nextNumber++, call.Iova, call.LengthBytes);
            _pinned.Add(range);
            end(new Answer(Errno.None, range.Number));
        });
    }

    private void Unpin(uint number, Action<Answer> end)
    {
        if (_pinned.Find(range => range.Number == number) is not { } range)
        {
            end(Errno.ENOENT);
            return;
        }
        _pinned.Remove(range);
        Ask(new AccessUnpin(_access, range.Iova, range.LengthBytes), end);
    }

    private void Read(MockAccessRw call, UserProcess process, Action<Answer> end) =>
        Ask(new AccessRead(_access, call.Iova, call.LengthBytes), answer =>
        {
            if (answer is not BytesAnswer { Errno: Errno.None } read) end(answer.Errno);
            else end(process.Memory.Write(call.UserAddress, read.Bytes.Span) == Errno.None ? Errno.None : Errno.EFAULT);
        });

    private void Write(MockAccessRw call, UserProcess process, Action<Answer> end)
    {
        var bytes = new byte[call.LengthBytes];
        if (process.Memory.Read(call.UserAddress, bytes) != Errno.None) end(Errno.EFAULT);
        else AtIova(call.Flags, call.Iova, iova => Ask(new AccessWrite(_access, iova, bytes), end));
    }

    /// <summary>What an IOVA for a fuzzer stands for is the IOAS's to say; any other is itself.</summary>
    private void AtIova(MockAccessFlags flags, ulong iova, Action<ulong> then)
    {
        if (!flags.HasFlag(MockAccessFlags.Syz)) then(iova);
        else if (environment.Table.Find(_ioas, ObjectType.Ioas) is not { } ioas) then(0);
        else
        {
            _awaited = answer => then(answer.Value);
            ioas.Actor.Tell(new Inspect(inspection =>
                new Answer(Errno.None, SelftestRules.InArea(iova, ((IoPagetable)inspection.State!).Areas))), Self);
        }
    }
}
