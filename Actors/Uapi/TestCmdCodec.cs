using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_TEST_CMD (selftest.c, iommufd_test): each sub-operation is a call of its own.</summary>
internal sealed class TestCmdCodec : AnsweringCodec<IommuTestCmd>
{
    protected override Result<Call> Decode(in IommuTestCmd command, UserProcess caller)
    {
        if (Object(command) is { } onObject) return onObject;
        if (Access(command) is { } onAccess) return onAccess;
        return Errno.EOPNOTSUPP;
    }

    protected override bool CopiesOut(in IommuTestCmd command) => command.Op is TestOp.MockDomain or TestOp.MockDomainFlags
        or TestOp.MockDomainReplace or TestOp.PasidAttach or TestOp.PasidReplace or TestOp.CreateAccess or TestOp.AccessPages
        or TestOp.Dirty;

    /// <summary>
    /// DMABUF_GET returns the descriptor, as the kernel's suite expects. The kernel (7.3.4) installs it and returns 0.
    /// </summary>
    public override long Complete(ReadOnlySpan<byte> command, Answer answer, UserProcess caller) =>
        Of(command).Op == TestOp.DmabufGet ? (long)answer.Value : 0;

    protected override Errno Encode(Answer answer, ref IommuTestCmd command, UserProcess caller)
    {
        switch (command.Op)
        {
            case TestOp.MockDomain or TestOp.MockDomainFlags:
                var made = (MockDomainAnswer)answer;
                command.MockDomain.OutStdevId = made.Selftest.Value;
                command.MockDomain.OutHwptId = made.Hwpt.Value;
                command.MockDomain.OutIdevId = made.Device.Value;
                break;
            case TestOp.MockDomainReplace:
                command.Word = answer.Id.Value;
                break;
            case TestOp.PasidAttach or TestOp.PasidReplace:
                command.Pasid.PtId = answer.Id.Value;
                break;
            case TestOp.CreateAccess:
                command.CreateAccess.OutAccessFd = (uint)answer.Value;
                break;
            case TestOp.AccessPages:
                command.AccessPages.OutAccessPagesId = (uint)answer.Value;
                break;
            case TestOp.Dirty:
                command.Dirty.OutNrDirty = answer.Value;
                break;
        }
        return Errno.None;
    }

    protected override Call? Undo(in IommuTestCmd command, Answer answer, UserProcess caller)
    {
        switch (command.Op)
        {
            case TestOp.MockDomain or TestOp.MockDomainFlags:
                return new Destroy(answer.Id);
            case TestOp.PasidAttach:
                return new MockPasidDetach(new ObjectId(command.Id), command.Pasid.Pasid);
            case TestOp.AccessPages:
                return new MockAccessPagesDestroy((int)command.Id, (uint)answer.Value);
            case TestOp.CreateAccess:
                caller.Files.Close((int)answer.Value);
                return null;
            default:
                return null;
        }
    }

    /// <summary>Those whose id names an object; null for the others.</summary>
    private static SelftestCall? Object(in IommuTestCmd command)
    {
        var id = new ObjectId(command.Id);
        return command.Op switch
        {
            TestOp.AddReserved => new MockAddReserved(id, command.AddReserved.Start, command.AddReserved.Length),
            TestOp.MockDomain => new MockDomain(id),
            TestOp.MockDomainFlags => new MockDomain(id, command.MockDomain.DevFlags),
            TestOp.MockDomainReplace => new MockDomainReplace(id, new ObjectId(command.Word)),
            TestOp.MdCheckMap => new MockCheckMap(id, command.CheckMap.Iova, command.CheckMap.Length, command.CheckMap.Uptr),
            TestOp.MdCheckRefs => new MockCheckRefs(command.CheckRefs.Uptr, command.CheckRefs.Length, command.CheckRefs.Refs),
            TestOp.MdCheckIotlb => new MockCheckIotlb(id, command.CheckWord.Id, command.CheckWord.Value),
            TestOp.DevCheckCache => new MockCheckCache(id, command.CheckWord.Id, command.CheckWord.Value),
            TestOp.CreateAccess => new MockAccessCreate(id, command.CreateAccess.Flags),
            TestOp.Dirty => new MockSetDirty(
                id, command.Dirty.Iova, command.Dirty.Length, command.Dirty.PageSize, command.Dirty.Uptr),
            TestOp.TriggerIopf => new MockTriggerIopf(new ObjectId(command.TriggerIopf.DevId), command.TriggerIopf.Pasid,
                command.TriggerIopf.Grpid, command.TriggerIopf.Perm, command.TriggerIopf.Addr),
            TestOp.TriggerVevent => new MockTriggerVevent(new ObjectId(command.Word)),
            TestOp.PasidAttach => new MockPasidAttach(id, command.Pasid.Pasid, new ObjectId(command.Pasid.PtId)),
            TestOp.PasidReplace => new MockPasidReplace(id, command.Pasid.Pasid, new ObjectId(command.Pasid.PtId)),
            TestOp.PasidDetach => new MockPasidDetach(id, command.Pasid.Pasid),
            TestOp.PasidCheckHwpt => new MockPasidCheck(id, command.Pasid.Pasid, new ObjectId(command.Pasid.PtId)),
            _ => null,
        };
    }

    /// <summary>Those whose id, if they have one, names a file; null for the others.</summary>
    private static SelftestCall? Access(in IommuTestCmd command)
    {
        var file = (int)command.Id;
        return command.Op switch
        {
            TestOp.AccessReplaceIoas => new MockAccessReplaceIoas(file, new ObjectId(command.Word)),
            TestOp.AccessPages => new MockAccessPages(
                file, command.AccessPages.Iova, command.AccessPages.Length, command.AccessPages.Uptr, command.AccessPages.Flags),
            TestOp.DestroyAccessPages => new MockAccessPagesDestroy(file, command.Word),
            TestOp.AccessRw => new MockAccessRw(
                file, command.AccessRw.Iova, command.AccessRw.Length, command.AccessRw.Uptr, command.AccessRw.Flags),
            TestOp.SetTempMemoryLimit => new MockMemoryLimit(command.Word),
            TestOp.DmabufGet => new MockDmabufGet(command.DmabufGet.Length, command.DmabufGet.OpenFlags),
            TestOp.DmabufRevoke => new MockDmabufRevoke(command.DmabufRevoke.DmabufFd, command.DmabufRevoke.Revoked != 0),
            _ => null,
        };
    }
}
